// SPDX-License-Identifier: Apache-2.0

package limit

import (
	"fmt"
	"strings"
)

// Rules are a rule for everybody, and others for classes of callers. The zero
// Rules allow everything.
type Rules struct {
	Usual   Rule
	Classes map[string]Rule
}

const maxClasses = 8

// ParseRules reads "100/1m,bot=1000/1m": the rule for everybody, which may be
// empty, and those of classes.
func ParseRules(text string) (Rules, error) {
	var r Rules
	parts := strings.Split(text, ",")
	if len(parts) > maxClasses {
		return r, fmt.Errorf("more than %d rules", maxClasses)
	}
	for i, part := range parts {
		class, rule, named := strings.Cut(part, "=")
		if i == 0 && !named {
			rule = part
		} else if _, twice := r.Classes[class]; class == "" || !named || rule == "" || twice {
			return Rules{}, fmt.Errorf("%q is not the limit of a class such as bot=1000/1m, or is there twice", part)
		}
		parsed, err := ParseRule(rule)
		switch {
		case err != nil:
			return Rules{}, err
		case !named:
			r.Usual = parsed
		case r.Classes == nil:
			r.Classes = map[string]Rule{class: parsed}
		default:
			r.Classes[class] = parsed
		}
	}
	return r, nil
}

// Of returns the rule of a class: its own, or everybody's.
func (r Rules) Of(class string) Rule {
	if own, has := r.Classes[class]; has {
		return own
	}
	return r.Usual
}
