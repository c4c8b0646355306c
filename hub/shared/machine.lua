-- SPDX-License-Identifier: MIT
-- machine - says that this one is there, and hears who else is
--
-- By Redis' clock: theirs may differ.
--
-- KEYS  machine
-- ARGV  who, what it says of itself, for how many ms that is so
-- Gives who, what, who, what ... of those that are there.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
redis.call('HSET', KEYS[1], ARGV[1], string.format('%d %s', now, ARGV[2]))
local all, there = redis.call('HGETALL', KEYS[1]), {}
for i = 1, #all, 2 do
	local at, says = string.match(all[i + 1], '^(%d+) (.*)$')
	local age = at and now - tonumber(at) or 1e15
	if age <= tonumber(ARGV[3]) then
		there[#there + 1] = all[i]
		there[#there + 1] = says
	elseif age > 86400000 then
		redis.call('HDEL', KEYS[1], all[i])
	end
end
return there
