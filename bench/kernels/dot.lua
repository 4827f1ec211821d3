local mix = require("kernel").mix
local ffi = require("ffi")
local count = 2000
local xs, ys = ffi.new("float[?]", count + 16), ffi.new("float[?]", count)

local function dot(x, y, n)
    local sum = 0
    for i = 0, n - 1 do sum = sum + x[i] * y[i] end
    return sum
end

return function(size)
    local checksum = 0ULL
    for i = 0, count + 15 do xs[i] = i % 17 - 8 end
    for i = 0, count - 1 do ys[i] = i % 5 - 2 end
    for pass = 0, size - 1 do checksum = mix(checksum, dot(xs + pass % 16, ys, count) + 0LL) end
    return checksum
end
