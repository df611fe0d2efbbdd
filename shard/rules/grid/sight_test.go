// SPDX-License-Identifier: Apache-2.0

package grid

import "testing"

func TestSees(t *testing.T) {
	tests := map[string]struct {
		rows []string
		want bool
	}{
		"open":                      {[]string{"A....B"}, true},
		"neighbours":                {[]string{"AB"}, true},
		"a wall between":            {[]string{"A.#..B"}, false},
		"a pillar on a slant":       {[]string{"A.....", "..#...", "....B."}, false},
		"behind a pillar":           {[]string{"A....", ".....", "..#..", ".....", "....B"}, false},
		"round a corner":            {[]string{"A#", ".B"}, true},
		"between two filled":        {[]string{"A#", "#B"}, false},
		"between two, from afar":    {[]string{"A...", ".#..", "..#.", "...B"}, false},
		"diagonal past one":         {[]string{"A...", ".#..", "...B"}, true},
		"along a wall":              {[]string{"A....B", "######"}, true},
		"along a gap":               {[]string{"######", "A....B", "######"}, true},
		"knight's move at a corner": {[]string{"A#.", "..B"}, true},
		"deep behind a corner":      {[]string{"A#..", "..#B"}, false},
		"fog between":               {[]string{"A.f.B"}, false},
		"from fog":                  {[]string{"AffB"}, false},
		"low wall":                  {[]string{"A-B"}, true},
		"portcullis":                {[]string{"A=B"}, true},
	}
	for name, tc := range tests {
		d := draw(t, tc.rows...)
		if got := d.Sees(d.space('A'), d.space('B')); got != tc.want {
			t.Errorf("%s: %v, want %v", name, got, tc.want)
		}
	}
}

func TestSeesInFog(t *testing.T) {
	d := draw(t, "A.f..", "..f..")
	fogged := Space{At: Point{2, 0}, Side: 1}
	if d.Sees(d.space('A'), fogged) || d.Sees(fogged, d.space('A')) {
		t.Error("fog does not hide who stands in it")
	}
	if !d.Sees(fogged, fogged) {
		t.Error("two in the same square of fog do not see each other")
	}
	if ogre := (Space{At: Point{2, 0}, Side: 2}); d.Sees(d.space('A'), ogre) {
		t.Error("the far half of an ogre is seen through the fog around its near half")
	}
	if ogre := (Space{At: Point{1, 0}, Side: 2}); !d.Sees(d.space('A'), ogre) {
		t.Error("the half of an ogre outside the fog is not seen")
	}
}

// Playing the Game: Cover.
func TestCover(t *testing.T) {
	tests := map[string]struct {
		rows      []string
		want      Cover
		creatures string
	}{
		"open":                         {rows: []string{"A....B"}, want: NoCover},
		"wall":                         {rows: []string{"A.#..B"}, want: TotalCover},
		"low wall":                     {rows: []string{"A..-B"}, want: HalfCover},
		"portcullis":                   {rows: []string{"A..=B"}, want: ThreeQuartersCover},
		"portcullis behind a low wall": {rows: []string{"A-.=B"}, want: ThreeQuartersCover},
		"low wall at the attacker":     {rows: []string{"A-..B"}, want: HalfCover},
		"creature":                     {rows: []string{"A.c..B"}, want: HalfCover, creatures: "c"},
		"two creatures":                {rows: []string{"A.cd.B"}, want: HalfCover, creatures: "cd"},
		"creature beside the lines":    {rows: []string{"A....B", "..c..."}, want: NoCover, creatures: "c"},
		"creature behind the target":   {rows: []string{"A...Bc"}, want: NoCover, creatures: "c"},
		"creature and portcullis":      {rows: []string{"A.c=.B"}, want: ThreeQuartersCover, creatures: "c"},
		"round a corner":               {rows: []string{"A#.", "..B"}, want: HalfCover},
		"behind a corner":              {rows: []string{"A..#B", "....."}, want: TotalCover},
		"behind an arrow slit of wall": {rows: []string{"...#.", "A...B", "...#."}, want: NoCover},
		"leaning out":                  {rows: []string{"A....", "...#B"}, want: ThreeQuartersCover},
		"neighbours":                   {rows: []string{"AB"}, want: NoCover},
		"neighbours at a filled cut":   {rows: []string{"A#", "#B"}, want: TotalCover},
	}
	for name, tc := range tests {
		d := draw(t, tc.rows...)
		var others []Space
		for _, c := range tc.creatures {
			others = append(others, d.space(c))
		}
		if got := d.Cover(d.space('A'), d.space('B'), others); got != tc.want {
			t.Errorf("%s: %s, want %s", name, got, tc.want)
		}
	}
}

func TestCoverOfBigOnes(t *testing.T) {
	d := draw(t, "A.#...", "......", "......")
	ogre := Space{At: Point{4, 0}, Side: 2}
	if got := d.Cover(d.space('A'), ogre, nil); got != HalfCover {
		t.Errorf("an ogre that looks out from behind a pillar has %s", got)
	}
	if got := d.Cover(ogre, d.space('A'), nil); got != HalfCover {
		t.Errorf("who is behind a pillar has %s against an ogre that looks round it", got)
	}
	giant := Space{At: Point{4, 0}, Side: 3}
	if got := d.Cover(d.space('A'), giant, nil); got != NoCover {
		t.Errorf("a giant of whom most is free has %s", got)
	}
	wolf := Space{At: Point{1, 0}, Side: 1}
	if got := d.Cover(d.space('A'), wolf, []Space{d.space('A'), wolf}); got != NoCover {
		t.Errorf("attacker and target are no cover themselves: %s", got)
	}
}

func TestCoverBonus(t *testing.T) {
	for cover, want := range map[Cover]int{NoCover: 0, HalfCover: 2, ThreeQuartersCover: 5, TotalCover: 0} {
		if got := cover.Bonus(); got != want {
			t.Errorf("%s: %d, want %d", cover, got, want)
		}
	}
}
