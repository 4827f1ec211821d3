local mix = require("kernel").mix
local ffi = require("ffi")
local count = 2000
local xs, ys = ffi.new("float[?]", count), ffi.new("float[?]", count)

local function saxpy(y, x, a, n)
    for i = 0, n - 1 do y[i] = a * x[i] + y[i] end
end

return function(size)
    local checksum = 0ULL
    for i = 0, count - 1 do xs[i], ys[i] = i % 17, i % 5 end
    for pass = 0, size - 1 do saxpy(ys, xs, pass % 2 == 1 and -2 or 2, count - pass % 2) end
    for i = 0, count - 1 do checksum = mix(checksum, ys[i] + 0LL) end
    return checksum
end
