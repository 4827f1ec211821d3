local function fibonacci(n)
    if n < 2 then return n end
    return fibonacci(n - 1) + fibonacci(n - 2)
end

return function(size)
    return fibonacci(size) + 0ULL
end
