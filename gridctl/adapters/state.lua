-- Applies events to one shard of the grid state; `gridctl/state/model.py` says what that means and is compared
-- with this in property tests. Everything here happens at once or not at all.
--
-- KEYS: devices (device -> value), powers (circuit -> milliwatts), counts (circuit -> devices), effects (outcome ->
--       events that ended so); one hash tag.
-- ARGV: 'apply', device, record, device, record, ...
--         -> {one status byte an event, then for each contested event: its place, the device's value}
--            A contested event is not counted yet: it ends by 'settle', or as a dead letter.
--       'settle', device, expected value ('' for none), new value, status byte under which the event is counted
--         -> {'1'} or {'0'} where the value is no longer the expected one
--
-- Lua compares strings by the server's locale, so only numbers are ordered here; strings are compared for equality.
-- Times and powers are integers below 2^53, exact in a double.

local HEADER, HEADER_BYTES = '>ddBBI4', 22
-- A sum of powers is handed on before it could leave the exact range: one more power is at most 2e15.
local EXACT = 4e15

local devices, powers, counts, effects = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local EFFECT_OF = {A = 'applied', S = 'stale', D = 'duplicates'}
local power_by, count_by = {}, {}

local function hand_on(circuit)
  if power_by[circuit] ~= 0 then
    redis.call('HINCRBY', powers, circuit, string.format('%.0f', power_by[circuit]))
    power_by[circuit] = 0
  end
end

local function add(circuit, power, count)
  power_by[circuit] = (power_by[circuit] or 0) + power
  count_by[circuit] = (count_by[circuit] or 0) + count
  if math.abs(power_by[circuit]) > EXACT then hand_on(circuit) end
end

-- The first record of a value is what counts in the circuit's total.
local function contribution(value)
  local _, power, _, circuit_length = struct.unpack(HEADER, value)
  return string.sub(value, HEADER_BYTES + 1, HEADER_BYTES + circuit_length), power
end

local function put(device, old, new)
  redis.call('HSET', devices, device, new)
  if old then
    local circuit, power = contribution(old)
    add(circuit, -power, -1)
  end
  local circuit, power = contribution(new)
  add(circuit, power, 1)
end

local function count_effect(status, events)
  if EFFECT_OF[status] then redis.call('HINCRBY', effects, EFFECT_OF[status], events) end
end

local function write_totals()
  for circuit, count in pairs(count_by) do
    hand_on(circuit)
    if count ~= 0 and redis.call('HINCRBY', counts, circuit, count) == 0 then
      redis.call('HDEL', counts, circuit)
      redis.call('HDEL', powers, circuit)
    end
  end
end

-- Returns the status, and the new value where it changes.
local function judge(old, record)
  if not old then return 'A', record end
  local time, _, flags = struct.unpack(HEADER, record)
  local good = flags % 2 == 1
  local first_time, _, first_flags, circuit_length, frame_length = struct.unpack(HEADER, old)
  local first_good = first_flags % 2 == 1
  local first_end = HEADER_BYTES + circuit_length + frame_length
  local first, second = old, ''
  local seen_time = first_time
  if #old > first_end then
    first, second = string.sub(old, 1, first_end), string.sub(old, first_end + 1)
    seen_time = struct.unpack('>d', second)
  end
  if time == seen_time or time == first_time then
    if record == first or record == second then return 'D' end
    return 'C'
  end
  if time > seen_time then
    if good or not first_good then return 'A', record end
    return 'A', first .. record
  end
  if not good then return 'S' end
  if not first_good then return 'A', record .. first end
  if time > first_time then return 'A', record .. second end
  return 'S'
end

if ARGV[1] == 'settle' then
  local old = redis.call('HGET', devices, ARGV[2])
  if (old or '') ~= ARGV[3] then return {'0'} end
  if old ~= ARGV[4] then
    put(ARGV[2], old, ARGV[4])
    write_totals()
  end
  count_effect(ARGV[5], 1)
  return {'1'}
end

local statuses, contested, tally = {}, {}, {}
for index = 2, #ARGV, 2 do
  local device, record = ARGV[index], ARGV[index + 1]
  local old = redis.call('HGET', devices, device)
  local status, new = judge(old, record)
  statuses[#statuses + 1] = status
  tally[status] = (tally[status] or 0) + 1
  if new then
    put(device, old, new)
  elseif status == 'C' then
    contested[#contested + 1] = #statuses - 1
    contested[#contested + 1] = old
  end
end
write_totals()
for status, events in pairs(tally) do count_effect(status, events) end
return {table.concat(statuses), unpack(contested)}
