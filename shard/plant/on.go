// SPDX-License-Identifier: Apache-2.0

//go:build plant

package plant

import (
	"os"
	"strings"
)

// bugEnv names the bug of this process.
const bugEnv = "GAMESESSION_PLANT"

var planted = Bug(os.Getenv(bugEnv))

// On says whether a bug is planted.
func On(b Bug) bool { return b == planted }

// Script returns the source of a script of Redis as it is to run.
func Script(name, source string) string {
	switch {
	case name == "append" && On(NoFence):
		return unfenced(source, "if true then")
	case name == "append" && On(LeaseByClock):
		return unfenced(source, `
local decided = tonumber(string.match(ARGV[7], '"time":(%d+)') or '0')
local ends = tonumber(redis.call('HGET', KEYS[1], 'lease:' .. ARGV[1]) or '0')
redis.call('HSET', KEYS[1], 'lease:' .. ARGV[1], math.max(ends, decided + 1000))
if owner[1] == ARGV[1] and owner[2] == ARGV[2] and owner[3] == ARGV[3] or decided < ends then`)
	case name == "takeover" && On(TakeoverOfOldIntent):
		return replaced(replaced(source,
			"if assign[1] ~= ARGV[3] or assign[2] ~= ARGV[1] then", "if false then"),
			"if tonumber(owner[3]) >= tonumber(ARGV[3]) then", "if false then")
	}
	return source
}

// unfenced makes an append that, where the condition holds, goes behind
// whatever is there, in whosever epoch.
func unfenced(source, condition string) string {
	first := strings.Index(source, "-- guard: owner")
	return source[:first] + condition + `
  local last = redis.call('XREVRANGE', KEYS[2], '+', '-', 'COUNT', 1)[1]
  local epoch, version = string.match(last[1], '^(%d+)%-(%d+)$')
  if tonumber(epoch) < tonumber(ARGV[3]) then epoch = ARGV[3] end
  for i = 5, #ARGV, 3 do
    version = version + 1
    redis.call('XADD', KEYS[2], epoch .. '-' .. string.format('%.0f', version), 'k', ARGV[i + 1], 'd', ARGV[i + 2])
  end
  return {'ok'}
end
` + source[first:]
}

func replaced(source, old, by string) string {
	if strings.Count(source, old) != 1 {
		panic("plant: the script has changed: it has to hold once: " + old)
	}
	return strings.Replace(source, old, by, 1)
}
