-- What kernels in Lua share with kernel.h: the checksum, a polynomial modulo 2^64.
local factor = 0x9E3779B97F4A7C15ULL

return {
    mix = function(checksum, value)
        return checksum * factor + value
    end,
}
