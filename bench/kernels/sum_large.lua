local count = 2 ^ 20
local numbers = require("ffi").new("int32_t[?]", count)
for i = 0, count - 1 do numbers[i] = 7 * i - 5000 end

-- Doubles hold the sums exactly.
local function sum_of(values, n)
    local sum = 0
    for i = 0, n - 1 do sum = sum + values[i] end
    return sum
end

return function(size)
    local total = 0
    for pass = 0, size - 1 do
        numbers[pass] = numbers[pass] + 1
        total = total + sum_of(numbers, count)
        numbers[pass] = numbers[pass] - 1
    end
    return total + 0ULL
end
