-- SPDX-License-Identifier: MIT
-- trim - what is old in the stream goes, and what is too much; one hub at a time
--
-- KEYS  log trim
-- ARGV  who asks, for how many ms it is his, keep_age in ms, keep_bytes
-- Gives how many entries went; -1 if it is somebody else's to do.
local log, trim = KEYS[1], KEYS[2]
local holder = redis.call('GET', trim)
if holder and holder ~= ARGV[1] then return -1 end
redis.call('SET', trim, ARGV[1], 'PX', ARGV[2])

local time = redis.call('TIME')
local before = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
	- tonumber(ARGV[3])

-- The first entry from that id on: its id, and its time, a hole's being that of
-- what comes next.
local function find(id)
	local from = '0-' .. string.format('%d', id)
	for _ = 1, 100 do
		local entry = redis.call('XRANGE', log, from, '+', 'COUNT', '1')[1]
		if not entry then return nil end
		id = tonumber(string.match(entry[1], '^0%-(%d+)$') or '')
		if not id then return nil end
		for k = 1, #entry[2], 2 do
			if entry[2][k] == 'a' then
				return id, tonumber(entry[2][k + 1]) or 0
			end
		end
		from = '0-' .. string.format('%d', id + 1)
	end
	return nil
end

local gone = 0
local newest = redis.call('XREVRANGE', log, '+', '-', 'COUNT', '1')[1]
local high = newest and tonumber(string.match(newest[1], '^0%-(%d+)$') or '')
local low, at = find(0)
if low and high and at < before and low < high then
	-- `low` is old, and `high` stays.
	while high - low > 1 do
		local middle = math.floor((low + high) / 2)
		local id, time_of = find(middle)
		if id and id < high and time_of < before then
			low = id
		else
			high = middle
		end
	end
	gone = redis.call('XTRIM', log, 'MINID', '~',
		'0-' .. string.format('%d', low + 1))
end

local bytes = redis.call('MEMORY', 'USAGE', log) or 0
local most = tonumber(ARGV[4])
if bytes > most then
	local keep = math.floor(redis.call('XLEN', log) * (most / bytes) * 0.95)
	gone = gone + redis.call('XTRIM', log, 'MAXLEN', '~',
		string.format('%d', math.max(keep, 1)))
end
return gone
