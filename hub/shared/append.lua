-- SPDX-License-Identifier: MIT
-- append - gives proposals their place in the order
--
-- An error in the middle keeps what was written, so all is looked at first, and
-- written last: the first write is the one that can fail.
--
-- KEYS  log hole state inbox
-- ARGV  prefix identity floor r, the seconds for which receipts, keys and brief
--       keys hold, the newest hole that who proposes was told, 0 if none was,
--       the number of proposals; then of each of these
--         receipt field from to orphan once brief each head count keyed
--       and, if it is keyed, its items as name digest blob; else all of its
--       blobs as one
-- Gives {"ok", last, at, identity, secret, and of each proposal outcome first
-- last entry cursor}; or, with nothing stored, one word and what it is about.
local log, hole, state, inbox = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local prefix, identity = ARGV[1], ARGV[2]
local floor, r = tonumber(ARGV[3]), tonumber(ARGV[4])
local receipt_age, key_age, brief_age = ARGV[5], ARGV[6], ARGV[7]
local heard, count = ARGV[8], tonumber(ARGV[9])
local MOST = 9007199254740991
local STORED, REPEATED, CONFLICT, BEHIND = 0, 1, 2, 3

local function text(number) return string.format('%d', number) end

-- Of two numbers in digits that a double may not hold.
local function is_less(a, b)
	if #a ~= #b then return #a < #b end
	return a < b
end

-- ---- whose order it is, and where it stands

local known = redis.call('HMGET', state, 'identity', 'secret', 'version',
	'last', 'at', 'server')
if not known[1] then return {'empty'} end
if known[3] ~= '1' then return {'version', known[3] or ''} end
if identity ~= '' and known[1] ~= identity then return {'foreign'} end
local last, at = tonumber(known[4] or ''), tonumber(known[5] or '')
if not last or not at or not known[2] then return {'broken'} end

-- run_id alone is the same again after A -> B -> A.
local replication = redis.call('INFO', 'replication')
if string.match(replication, 'role:(%a+)') ~= 'master' then
	return {'replica'}
end
local server = (string.match(redis.call('INFO', 'server'), 'run_id:(%x+)') or '')
	.. ' ' .. (string.match(replication, 'master_replid:(%x+)') or '')

-- The highest id there ever was in the stream; nil if a stranger made it: we
-- do not come near half of them.
local function top()
	if redis.call('EXISTS', log) == 0 then return 0 end
	local about = redis.call('XINFO', 'STREAM', log)
	for i = 1, #about, 2 do
		if about[i] == 'last-generated-id' then
			local id = tonumber(string.match(about[i + 1], '^0%-(%d+)$') or '')
			return id and id <= MOST / 2 and id or nil
		end
	end
	return nil
end

local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
at = math.max(at, math.floor(now / 1000))

if server ~= known[6] or last < floor or count == 0 then
	local id = top()
	if not id then return {'stranger'} end
	last = math.max(last, id)
end
local opened
if server ~= known[6] or last < floor then
	opened = {last = last,
		start = math.max(last, floor, now) + 1000000000 + r}
	redis.call('XLEN', hole)
	last = opened.start
end
if last > MOST then return {'full'} end

local function write_state()
	redis.call('HSET', state, 'last', text(last), 'at', text(at), 'server',
		server)
end

-- Whoever proposes has to know of it first: a row that were stored now would
-- move its cursor over those that were forgotten.
if opened then
	redis.call('XADD', hole, 'MAXLEN', '4096', '0-' .. text(opened.start),
		'last', text(opened.last))
	redis.call('XADD', log, '0-' .. text(opened.start), 'hole',
		text(opened.last))
	write_state()
	if count > 0 then return {'forgot'} end
end

-- Somebody else may have opened it, on a server that took the place of another
-- while this hub's link to it went on.
local function newest_hole()
	local row = redis.call('XREVRANGE', hole, '+', '-', 'COUNT', '1')[1]
	if not row or #row[2] ~= 2 or row[2][1] ~= 'last' then return '0' end
	return string.match(row[1], '^0%-(%d+)$') or '0'
end
if count > 0 and newest_hole() ~= heard then return {'unheard'} end

-- ---- the proposals

local adds, sets, answers = {}, {}, {}
local fresh, cursors = {}, {}

local function get(key)
	return fresh[key] or redis.call('GET', key)
end

local function set(key, value, age)
	fresh[key] = value
	sets[#sets + 1] = {'SET', key, value, 'EX', age}
end

local function answer(outcome, first, final, entry, cursor)
	local n = #answers
	answers[n + 1], answers[n + 2], answers[n + 3] = outcome, first, final
	answers[n + 4], answers[n + 5] = entry, cursor
end

local function answer_again(outcome, value, cursor)
	local first, final, entry = string.match(value, '^(%d+) (%d+) (%d+)')
	answer(outcome, tonumber(first or 0), tonumber(final or 0),
		tonumber(entry or 0), cursor)
end

-- The id of the event that an item's key stands for, 0 if it is new, nil if it
-- stands for other content.
local function look(key, digest, brief)
	local value = get(key)
	if not value then return 0 end
	local was, id, since = string.match(value, '^(%x+) (%d+) (%d+)')
	if not was then return 0 end
	if brief and (was ~= digest or tonumber(since) + brief_age * 1000 < at) then
		return 0
	end
	if was ~= digest then return nil end
	return tonumber(id)
end

-- Which of its items are new, from ARGV[i] on; nil at a conflict.
local function sort_out(i, keyed, brief)
	local ids, blobs, keys = {}, {}, {}
	for k = 1, keyed do
		local name, digest = ARGV[i], ARGV[i + 1]
		local id = 0
		if name ~= '' then
			keys[k] = prefix .. 'key:' .. redis.sha1hex(name)
			id = look(keys[k], digest, brief)
			if not id then return nil end
		end
		ids[k] = id
		if id == 0 then blobs[#blobs + 1] = ARGV[i + 2] end
		i = i + 3
	end
	return ids, blobs, keys
end

local function add(head, rows, blobs)
	adds[#adds + 1] = {'XADD', log, '0-' .. text(last), 'h', head, 'a',
		text(at), 'n', text(rows), 'i', blobs}
end

-- Gives ids to what is new; outcome, first and last, and of what is repeated the
-- highest: they need not rise.
local function store(i, count, keyed, each, head, brief)
	if keyed == 0 then
		local first = last + each
		last = last + count * each
		add(head, count * each, ARGV[i])
		return STORED, first, last
	end
	local ids, blobs, keys = sort_out(i, keyed, brief)
	if not ids then return CONFLICT, 0, 0 end
	if #blobs == 0 then
		local highest = 0
		for _, id in ipairs(ids) do highest = math.max(highest, id) end
		return REPEATED, ids[1], ids[keyed], highest
	end
	for k = 1, keyed do
		if ids[k] == 0 then
			last = last + each
			ids[k] = last
			if keys[k] then
				set(keys[k], ARGV[i + 3 * k - 2] .. ' ' .. text(last)
					.. ' ' .. text(at), brief and brief_age or key_age)
			end
		end
	end
	add(head, #blobs * each, table.concat(blobs))
	return STORED, ids[1], ids[keyed]
end

local i = 10
for _ = 1, count do
	local receipt, field, from, to = ARGV[i], ARGV[i + 1], ARGV[i + 2], ARGV[i + 3]
	local orphan, once = ARGV[i + 4], ARGV[i + 5]
	local brief, each = ARGV[i + 6] == '1', tonumber(ARGV[i + 7])
	local head = ARGV[i + 8]
	local items, keyed = tonumber(ARGV[i + 9]), tonumber(ARGV[i + 10])
	i = i + 11

	local cursor = '0'
	if field ~= '' then
		cursor = cursors[field] or redis.call('HGET', inbox, field) or '0'
	end
	local names = {}
	if receipt ~= '' then
		names[#names + 1] = {prefix .. 'receipt:' .. receipt, receipt_age}
	end
	if orphan ~= '' then
		names[#names + 1] = {prefix .. 'key:orphan:' .. orphan, key_age}
	end
	if once ~= '' then
		names[#names + 1] = {prefix .. 'key:once:' .. redis.sha1hex(once),
			key_age}
	end
	local done, is_receipt
	for k, name in ipairs(names) do
		if not done then
			done = get(name[1])
			is_receipt = k == 1 and receipt ~= '' and orphan == ''
		end
	end

	if done then
		answer_again(is_receipt and STORED or REPEATED, done, cursor)
	elseif orphan ~= '' and field ~= '' and not is_less(cursor, to) then
		answer(REPEATED, 0, 0, 0, cursor)
	elseif orphan == '' and field ~= '' and is_less(from, cursor) then
		answer(BEHIND, 0, 0, 0, cursor)
	else
		local outcome, first, final, highest = STORED, 0, 0, 0
		if items > 0 then
			outcome, first, final, highest = store(i, items, keyed, each,
				head, brief)
		end
		local entry = highest or 0
		if outcome == STORED and items > 0 then entry = last end
		if field ~= '' and is_less(cursor, to) then
			cursors[field], cursor = to, to
		end
		if outcome == STORED then
			for _, name in ipairs(names) do
				set(name[1], text(first) .. ' ' .. text(final) .. ' '
					.. text(entry), name[2])
			end
		end
		answer(outcome, first, final, entry, cursor)
	end
	i = i + (keyed > 0 and 3 * keyed or items > 0 and 1 or 0)
end
if last > MOST then return {'full'} end

-- ---- what is written

for _, add in ipairs(adds) do redis.call(unpack(add)) end
for _, set in ipairs(sets) do redis.call(unpack(set)) end
for field, cursor in pairs(cursors) do
	redis.call('HSET', inbox, field, cursor)
end
if #adds > 0 or last ~= tonumber(known[4]) then write_state() end
local out = {'ok', last, at, known[1], known[2]}
for k, value in ipairs(answers) do out[5 + k] = value end
return out
