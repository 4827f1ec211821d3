local function plane(i, n)
    local total = 0
    for j = 0, n - 1 do
        local row = 0
        for k = 0, n - 1 do row = row + (i * j + k) % 31 end
        total = total + row
    end
    return total
end

return function(size)
    local total = 0
    for i = 0, size - 1 do total = total + plane(i, size) end
    return total + 0ULL
end
