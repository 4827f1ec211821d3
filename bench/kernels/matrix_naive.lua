local mix = require("kernel").mix
local ffi = require("ffi")
local order = 96
local a, b, c = ffi.new("float[96][96]"), ffi.new("float[96][96]"), ffi.new("float[96][96]")

local function multiply(n)
    for i = 0, n - 1 do
        for j = 0, n - 1 do
            local sum = 0
            for k = 0, n - 1 do sum = sum + a[i][k] * b[k][j] end
            c[i][j] = sum
        end
    end
end

return function(size)
    local checksum = 0ULL
    for i = 0, order - 1 do
        for j = 0, order - 1 do
            a[i][j], b[i][j] = (i * 5 + j * 3) % 16, (i * 7 + j * 11) % 16
        end
    end
    for _ = 1, size do multiply(order) end
    for i = 0, order - 1 do
        for j = 0, order - 1 do checksum = mix(checksum, c[i][j] + 0LL) end
    end
    return checksum
end
