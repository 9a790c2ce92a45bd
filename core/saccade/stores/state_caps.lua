-- Continues state.lua: what caps count, reserved and committed.

local function within_limits(caps, campaign, session, limits, now)
  for _, limit in ipairs(limits) do
    local counted = 0
    for _, entry in ipairs(caps) do
      local inside = limit.window_s == 0 and entry[CAP_SESSION] == session
        or limit.window_s ~= 0 and now - entry[CAP_AT] < limit.window_s
      if entry[CAP_CAMPAIGN] == campaign and inside then counted = counted + 1 end
    end
    if counted >= limit.most then return false end
  end
  return true
end

local function bound(caps)
  if #caps <= MAX_CAPS then return end
  local counts, most, oldest = {}, caps[1][CAP_CAMPAIGN], nil
  for _, entry in ipairs(caps) do
    local campaign = entry[CAP_CAMPAIGN]
    counts[campaign] = (counts[campaign] or 0) + 1
  end
  for _, entry in ipairs(caps) do
    if counts[entry[CAP_CAMPAIGN]] > counts[most] then most = entry[CAP_CAMPAIGN] end
  end
  for i, entry in ipairs(caps) do
    local older = not oldest or entry[CAP_AT] < caps[oldest][CAP_AT]
    if entry[CAP_CAMPAIGN] == most and older then oldest = i end
  end
  table.remove(caps, oldest)
end

function verbs.reserve(at, decision_id, campaign, session, limits)
  local raw = fetch(kept, 'profile', 'caps')
  if not accepts(profile_at(raw[1], at)) then return {0} end
  local caps = caps_at(raw[2], at)
  for _, entry in ipairs(caps) do
    if entry[CAP_DECISION_ID] == decision_id and entry[CAP_CAMPAIGN] == campaign then return {1} end
  end
  if not within_limits(caps, campaign, session, limits, at) then return {0} end
  caps[#caps + 1] = {decision_id, campaign, session, at, false}
  bound(caps)
  keep(kept, 'caps', caps, KEPT_TTL)
  return {1}
end

function verbs.commit(at, decision_id)
  local raw = fetch(kept, 'caps')[1]
  if not raw then return {} end
  local caps = caps_at(raw, at)
  for _, entry in ipairs(caps) do
    if entry[CAP_DECISION_ID] == decision_id and not entry[CAP_COMMITTED] then
      entry[CAP_COMMITTED], entry[CAP_AT] = true, at
    end
  end
  keep(kept, 'caps', caps, KEPT_TTL)
  return {}
end
