local mix = require("kernel").mix
local ffi = require("ffi")
local samples, tap_count = 4096, 32
local input = ffi.new("float[?]", samples + tap_count)
local output, taps = ffi.new("float[?]", samples), ffi.new("float[?]", tap_count)

local function filter(out, from, tap, count)
    for i = 0, count - 1 do
        local sum = 0
        for k = 0, tap_count - 1 do sum = sum + from[i + k] * tap[k] end
        out[i] = sum
    end
end

return function(size)
    local checksum = 0ULL
    for i = 0, samples + tap_count - 1 do input[i] = i * i % 101 - 50 end
    for k = 0, tap_count - 1 do taps[k] = k % 7 - 3 end
    for pass = 0, size - 1 do filter(output, input + pass % 2, taps, samples - pass % 8) end
    for i = 0, samples - 1 do checksum = mix(checksum, output[i] + 0LL) end
    return checksum
end
