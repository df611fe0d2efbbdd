// SPDX-License-Identifier: Apache-2.0

package grid

import "testing"

// arena is 40 by 40 squares with a pillar in every fifth and mud in between.
func arena(b *testing.B, pillars bool) *Map {
	b.Helper()
	m, err := New(40, 40)
	if err != nil {
		b.Fatal(err)
	}
	for y := 2; pillars && y < 40; y += 5 {
		for x := 2; x < 40; x += 5 {
			m.Put(Point{x, y}, Wall)
			m.Put(Point{x + 1, y}, Difficult)
		}
	}
	return m
}

func BenchmarkSphere20ft(b *testing.B) {
	area := Area{Shape: Sphere, Size: 20, Origin: Spot{40, 40}}
	for name, m := range map[string]*Map{"open": arena(b, false), "pillars": arena(b, true)} {
		for _, policy := range []Coverage{ByCentre, ByHalf, ByAny} {
			b.Run(name+"/"+string(policy), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if len(m.Covered(area, policy, 0)) == 0 {
						b.Fatal("nothing is covered")
					}
				}
			})
		}
	}
}

func BenchmarkReach60ft(b *testing.B) {
	for name, m := range map[string]*Map{"open": arena(b, false), "pillars": arena(b, true)} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if len(m.Reach(Walker{}, Point{20, 20}, 60).Squares()) < 200 {
					b.Fatal("too little is reached")
				}
			}
		})
	}
}

func BenchmarkCover(b *testing.B) {
	m := arena(b, true)
	archer, dragon := SpaceOf(Point{1, 1}, Medium), SpaceOf(Point{20, 14}, Huge)
	others := []Space{SpaceOf(Point{5, 4}, Medium), SpaceOf(Point{10, 8}, Large), SpaceOf(Point{30, 30}, Medium)}
	b.ReportAllocs()
	for b.Loop() {
		m.Cover(archer, dragon, others)
	}
}
