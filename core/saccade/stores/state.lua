-- Changes visitors' state, each atomically: `visits.py` as Redis runs it, the constants put before
-- it by `redis_script.py`. One or more calls, for most of what a call costs is to begin a script.
-- KEYS: two a call, what outlives the session (profile, caps) and what does not.
-- ARGV: for each call the verb, its arguments in msgpack, how many values follow, and these, which
-- are kept as they are.
-- Answers for each call how many keys or fields were quarantined, then what the verb answers.

local kept, visit, quarantined  -- of the call under way
local first, last  -- where ARGV holds its values

-- Quarantine is deletion (F6): a copy set aside would outlive `forget`.
local function quarantine(key, field)
  quarantined = quarantined + 1
  if field then redis.call('HDEL', key, field) else redis.call('DEL', key) end
end

local function fetch(key, ...)
  local values = redis.pcall('HMGET', key, ...)
  if not values.err then return values end
  quarantine(key)  -- the only error HMGET knows: the key is no hash
  return {false, false}
end

-- The value in a field, or nil: absent, undecodable, of another schema, or short of a number.
local function opened(key, field, raw, numbers)
  if not raw then return nil end
  local ok, value = pcall(cmsgpack.unpack, raw)
  ok = ok and type(value) == 'table' and value[1] == SCHEMA and type(value[2]) == 'table'
  for _, name in ipairs(numbers) do
    ok = ok and type(value[2][name]) == 'number'
  end
  if ok then return value[2] end
  quarantine(key, field)
  return nil
end

local function keep(key, field, value, life)
  local raw = cmsgpack.pack({SCHEMA, value})
  redis.call('HSET', key, field, raw)
  if life then redis.call('EXPIRE', key, life) end
  return raw
end

local function profile_at(raw, now)
  local profile = opened(kept, 'profile', raw, {'first_seen', 'last_seen', 'visits', 'sessions'})
  return profile and now - profile.last_seen < PROFILE_LIFE and profile or nil
end

local function session_at(field, raw, now)
  local session = opened(visit, field, raw, {'started', 'seen'})
  for _, name in ipairs({'signals', 'context', 'counts'}) do
    local map = session and session[name]
    if map and not next(map) then session[name] = nil end  -- it would be packed as a list
  end
  return session and now - session.seen < SESSION_LIFE and session or nil
end

local function caps_at(raw, now)
  local live = {}
  for _, entry in ipairs(opened(kept, 'caps', raw, {}) or {}) do
    local whole = type(entry) == 'table' and type(entry[CAP_AT]) == 'number'
    local life = whole and entry[CAP_COMMITTED] and CAP_MEMORY or RESERVATION_LIFE
    if whole and now - entry[CAP_AT] < life then
      live[#live + 1] = entry
    end
  end
  return live
end

local function accepts(profile, opt_in)
  if profile and profile.joined then return false end
  local answer = profile and profile.consent
  return answer == true or (answer == nil and not opt_in)
end

-- The session a field belongs to, as that session's own field.
local function owner(field)
  if string.sub(field, 1, 1) == SESSION then return field end
  local ok, view = pcall(cjson.decode, string.sub(field, 2))
  return ok and type(view) == 'table' and SESSION .. tostring(view[1]) or field
end

local function oldest(times)
  local found
  for field, time in pairs(times) do
    if not found or time < times[found] then found = field end
  end
  return found
end

-- Drops what has ended. Where that leaves more than `most`, the oldest standing decisions go, then
-- the oldest sessions.
local function make_room(now, most)
  local raw = redis.call('HGETALL', visit)
  local started, seen, decided = {}, {}, {}
  for i = 1, #raw, 2 do
    local field = raw[i]
    local session = owner(field) == field and session_at(field, raw[i + 1], now)
    if session then
      started[field], seen[field] = session.started, session.seen
    elseif owner(field) == field then
      redis.call('HDEL', visit, field)
    end
  end
  for i = 1, #raw, 2 do
    local field = raw[i]
    local standing = owner(field) ~= field and opened(visit, field, raw[i + 1], {'at'})
    if standing and (started[owner(field)] or now) - standing.at < SESSION_LIFE then
      decided[field] = standing.at
    elseif standing then
      redis.call('HDEL', visit, field)
    end
  end
  while redis.call('HLEN', visit) > most do
    local field = oldest(decided) or oldest(seen)
    decided[field], seen[field] = nil, nil
    redis.call('HDEL', visit, field)
  end
end

local function fold(session, subject, signals, seen)
  local changed = subject ~= '' and subject ~= session.subject
  local known = type(session.signals) == 'table' and session.signals or {}
  for name in pairs(PAGE_SCOPED) do
    if changed then known[name] = nil end
  end
  for name, value in pairs(signals) do known[name] = value end
  session.signals = next(known) and known  -- an empty table would be packed as a list
  session.subject = changed and subject or session.subject
  session.seen = math.max(session.seen, seen)
end

-- Each event counts once, however often it is told.
-- Of how the shopper came, what was said first stands.
local function hear(session, events, said)
  local known, counts, told = {}, session.counts or {}, session.told or {}
  local context = session.context or {}
  for _, mark in ipairs(told) do known[mark] = true end
  for _, event in ipairs(events) do
    if not known[event.mark] then
      known[event.mark], told[#told + 1] = true, event.mark
      counts[event.kind] = math.min((counts[event.kind] or 0) + 1, MAX_COUNT)
    end
  end
  while #told > MAX_TOLD do table.remove(told, 1) end
  for name, value in pairs(said or {}) do
    if context[name] == nil then context[name] = value end
  end
  session.told, session.counts = told, next(counts) and counts
  session.context = next(context) and context
end

local function count(profile, new, claimed, seen)
  if new and profile.sessions > 0 then
    profile.visits, profile.sessions = profile.visits + 1, profile.sessions + 1
  elseif profile.sessions == 0 then
    profile.visits, profile.sessions = claimed or 1, 1
  elseif profile.sessions == 1 then
    profile.visits = claimed or profile.visits
  end
  profile.last_seen = math.max(profile.last_seen, seen)
end

local verbs = {}

function verbs.record(at, active, opt_in, subject, session_field, view_field, signals, events, said)
  local raw = fetch(kept, 'profile', 'caps')
  local profile = profile_at(raw[1], at)
  local mine = fetch(visit, session_field, view_field)
  local session = session_at(session_field, mine[1], at)
  if session and session.joined then
    session.seen = active and math.max(session.seen, at) or session.seen
    return {raw[1], raw[2], keep(visit, session_field, session, active and VISIT_TTL), mine[2]}
  end
  if not accepts(profile, opt_in) or not (session or active) then
    return {raw[1], raw[2], mine[1], mine[2]}
  end
  local new, seen = not session, active and at or 0
  if new then
    make_room(at, MAX_ENTRIES - 1)
    session = {started = at, seen = at, subject = subject}
  end
  fold(session, subject, signals, seen)
  if events then hear(session, events, said) end
  profile = profile or {first_seen = at, last_seen = at, sessions = 0}
  count(profile, new, signals.visit_count, seen)
  return {
    keep(kept, 'profile', profile, KEPT_TTL),
    raw[2],
    keep(visit, session_field, session, active and VISIT_TTL),
    mine[2],
  }
end

function verbs.stand(at, view_field)
  if not accepts(profile_at(fetch(kept, 'profile')[1], at)) then return {} end
  local added = redis.pcall('HSET', visit, view_field, ARGV[first])
  if type(added) == 'table' then
    if string.find(added.err, 'WRONGTYPE', 1, true) then quarantine(visit) end
    added = redis.call('HSET', visit, view_field, ARGV[first])
  end
  if added == 1 and redis.call('HLEN', visit) > MAX_ENTRIES then make_room(at, MAX_ENTRIES) end
  redis.call('EXPIRE', visit, VISIT_TTL)
  return {}
end

function verbs.consent(at, given)
  local profile = profile_at(fetch(kept, 'profile')[1], at)
  local refused = profile and profile.consent == false and profile
  if refused and given and at < refused.last_seen then return {} end
  if not given then
    at = refused and math.max(at, refused.last_seen) or at
    redis.call('DEL', kept, visit)
  end
  if not given or refused or not profile then
    profile = {first_seen = at, last_seen = at, visits = 1, sessions = 0}
  end
  profile.consent, profile.last_seen = given, math.max(profile.last_seen, at)
  keep(kept, 'profile', profile, KEPT_TTL)
  return {}
end

-- Everything of a visitor at once, unless profile or caps were changed meanwhile.
function verbs.swap(mark, of_kept)
  local raw = fetch(kept, 'profile', 'caps')
  if redis.sha1hex((raw[1] or '') .. '|' .. (raw[2] or '')) ~= mark then return {0} end
  redis.call('DEL', kept, visit)
  for i = first, last, 2 do
    redis.call('HSET', i < first + of_kept and kept or visit, ARGV[i], ARGV[i + 1])
  end
  redis.call('EXPIRE', kept, KEPT_TTL)
  redis.call('EXPIRE', visit, VISIT_TTL)
  return {1}
end

-- What a reader could not open, if it is still there as the reader saw it.
function verbs.quarantine(index, field)
  local key = KEYS[index]
  local kind = redis.call('TYPE', key).ok
  if kind == 'hash' then
    if field ~= '' and redis.call('HGET', key, field) == ARGV[first] then quarantine(key, field) end
  elseif kind ~= 'none' then
    quarantine(key)
  end
  return {}
end
