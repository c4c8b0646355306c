-- SPDX-License-Identifier: MIT
-- found - what a log has goes into a Redis that has nothing
--
-- KEYS  log hole state inbox founder
-- ARGV  prefix who-founds step, and of the step
--         begin
--         entries  id before h a n i receipt shown milliseconds, ...; of a hole h
--                  is '', and a its last id: one that may lie below all entries
--         keys     name value milliseconds, ...
--         cursors  field cursor, ...
--         end      identity secret last at r, and above which id nothing was: ''
--                  if that is not known
-- Gives "ok", or "taken" (it is not empty), or "other" (somebody else founds
-- it), or the id of the first hole.
local log, hole, state, inbox, founder = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local prefix, step = ARGV[1], ARGV[3]
if redis.call('EXISTS', state) == 1 then return 'taken' end
local holder = redis.call('GET', founder)
if holder and holder ~= ARGV[2] or not holder and step ~= 'begin' then
	return 'other'
end
redis.call('SET', founder, ARGV[2], 'PX', '10000')

if step == 'begin' then
	redis.call('DEL', log, hole, inbox)
elseif step == 'entries' then
	for i = 4, #ARGV, 9 do
		local id, before, head, at, n, items, receipt, shown, age =
			unpack(ARGV, i, i + 8)
		if head == '' then
			redis.call('XADD', log, '0-' .. id, 'hole', at, 'p', before)
			redis.call('XADD', hole, '0-' .. id, 'last', at)
		else
			redis.call('XADD', log, '0-' .. id, 'p', before, 'h', head, 'a',
				at, 'n', n, 'i', items)
		end
		if receipt ~= '' then
			-- Its first item may have been another row.
			local key = prefix .. 'receipt:' .. receipt
			local first = string.match(redis.call('GET', key) or '', '^%d+')
			redis.call('SET', key, (first or shown) .. ' ' .. shown .. ' ' .. id,
				'PX', age)
		end
	end
elseif step == 'keys' then
	for i = 4, #ARGV, 3 do
		redis.call('SET', prefix .. 'key:' .. redis.sha1hex(ARGV[i]),
			ARGV[i + 1], 'PX', ARGV[i + 2])
	end
elseif step == 'cursors' then
	for i = 4, #ARGV, 2 do
		redis.call('HSET', inbox, ARGV[i], ARGV[i + 1])
	end
elseif step == 'end' then
	local identity, secret, last, at, r, before = unpack(ARGV, 4, 9)
	local time = redis.call('TIME')
	local start = math.max(tonumber(last), tonumber(time[1]) * 1000000 +
		tonumber(time[2])) + 1000000000 + tonumber(r)
	local id = string.format('%d', start)
	local server = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
		.. ' ' .. string.match(redis.call('INFO', 'replication'),
			'master_replid:(%x+)')
	redis.call('XADD', hole, '0-' .. id, 'last', last)
	local row = {'XADD', log, '0-' .. id, 'hole', last}
	if before and before ~= '' then
		row[6], row[7] = 'p', before
	end
	redis.call(unpack(row))
	redis.call('HSET', state, 'identity', identity, 'secret', secret,
		'version', '1', 'last', id, 'at', at, 'server', server)
	redis.call('DEL', founder)
	return id
end
return 'ok'
