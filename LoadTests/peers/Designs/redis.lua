#!lua name=workload
-- Workload W on Redis: one call of a function an operation, so that nothing comes between its parts. Keys: the player, the counterparty.
-- Arguments: id, kind (0 purchase, 1 trade, 2 reward), field of the item, quantity, gold, the ledger's entry.
-- A player is a hash of g (gold) and items by number. One hash holds the ledger: id to entry, with ! before it when it was refused.
-- Returns 0 done, 1 refused; a repeat gets what the first one got.
local function operate(keys, arguments)
    local id, kind, item, quantity, gold = arguments[1], arguments[2], arguments[3], arguments[4], arguments[5]
    if redis.call('HSETNX', 'ledger', id, arguments[6]) == 0 then
        return string.sub(redis.call('HGET', 'ledger', id), 1, 1) == '!' and 1 or 0
    end
    local player = keys[1]
    if kind == '0' then
        if redis.call('HINCRBY', player, 'g', '-' .. gold) < 0 then
            redis.call('HINCRBY', player, 'g', gold)
            redis.call('HSET', 'ledger', id, '!' .. arguments[6])
            return 1
        end
        redis.call('HINCRBY', player, item, quantity)
        redis.call('INCRBY', 'treasury', gold)
    elseif kind == '1' then
        local other = keys[2]
        if redis.call('HINCRBY', player, item, '-' .. quantity) < 0 then
            redis.call('HINCRBY', player, item, quantity)
            redis.call('HSET', 'ledger', id, '!' .. arguments[6])
            return 1
        end
        if redis.call('HINCRBY', other, 'g', '-' .. gold) < 0 then
            redis.call('HINCRBY', other, 'g', gold)
            redis.call('HINCRBY', player, item, quantity)
            redis.call('HSET', 'ledger', id, '!' .. arguments[6])
            return 1
        end
        local fee = math.floor(tonumber(gold) * 250 / 10000)
        redis.call('HINCRBY', other, item, quantity)
        redis.call('HINCRBY', player, 'g', tonumber(gold) - fee)
        if fee > 0 then redis.call('INCRBY', 'treasury', fee) end
    else
        redis.call('HINCRBY', player, 'g', gold)
        redis.call('HINCRBY', player, item, quantity)
    end
    return 0
end

redis.register_function('operate', operate)
