-- Ends state.lua: the calls, one after the other.

local answers, at = {}, 1
for i = 1, #KEYS, 2 do
  kept, visit, quarantined = KEYS[i], KEYS[i + 1], 0
  first, last = at + 3, at + 2 + ARGV[at + 2]
  local answer = verbs[ARGV[at]](unpack(cmsgpack.unpack(ARGV[at + 1])))
  answers[#answers + 1] = {quarantined, unpack(answer)}
  at = last + 1
end
return answers
