// SPDX-License-Identifier: Apache-2.0

package content

// Validate checks one effect by itself: what it names of spells is not looked
// up.
func (e *Effect) Validate(p *Problems, path string) {
	(&checker{Problems: p}).effect(path, e, 0)
}

// Validate checks one spell by itself.
func (s *Spell) Validate(p *Problems, path string) {
	(&checker{Problems: p}).spell(path, s)
}

// Validate checks one zone by itself.
func (z *Zone) Validate(p *Problems, path string) {
	(&checker{Problems: p}).zone(path, z, &Target{Area: z.Area}, true)
}
