package avro_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/concord-go/concord/avro"
)

// randomSchema writes the text of a schema that uses all of the language.
type randomSchema struct {
	r     *rand.Rand
	b     strings.Builder
	names []string // full names defined so far
	seq   int
}

func (g *randomSchema) write(format string, args ...any) { fmt.Fprintf(&g.b, format, args...) }

func (g *randomSchema) name() string {
	g.seq++
	full := fmt.Sprintf("N%d", g.seq)
	if ns := g.r.IntN(4); ns > 0 {
		full = fmt.Sprintf("ns%d.sub.%s", ns, full)
	}
	return full
}

func (g *randomSchema) props() {
	for i := range g.r.IntN(3) {
		g.write(`,"prop%d":[%d,{"b":1.50,"a":"\u00e9"}]`, i, g.r.IntN(9))
	}
}

func (g *randomSchema) typ(depth int) {
	k := g.r.IntN(14)
	if depth == 0 {
		k %= 8
	}
	switch {
	case k < 7:
		g.write("%s", [...]string{`"null"`, `"boolean"`, `{"type":"int","logicalType":"date"}`, `"long"`, `"float"`,
			`{"type":"bytes","logicalType":"decimal","precision":5,"scale":2}`, `{"type":"string"}`}[k])
	case k == 7 && len(g.names) > 0:
		g.write("%q", g.names[g.r.IntN(len(g.names))])
	case k == 7:
		g.write(`"double"`)
	case k == 8:
		g.write(`{"type":"array","items":`)
		g.typ(depth - 1)
		g.props()
		g.write(`}`)
	case k == 9:
		g.write(`{"values":`)
		g.typ(depth - 1)
		g.write(`,"type":"map"}`)
	case k == 10:
		n := g.name()
		g.write(`{"type":"enum","name":%q,"symbols":["A","B","C"],"default":"B","doc":""`, n)
		g.props()
		g.write(`}`)
		g.names = append(g.names, n)
	case k == 11:
		n := g.name()
		g.write(`{"type":"fixed","size":%d,"name":%q,"aliases":["X","y.Z",".W"]}`, g.r.IntN(20), n)
		g.names = append(g.names, n)
	case k == 12:
		g.write(`["null",{"type":"array","items":`)
		g.typ(depth - 1)
		g.write(`},"string"]`)
	default:
		n := g.name()
		g.names = append(g.names, n)
		g.write(`{"type":"record","name":%q,"fields":[`, n)
		for i := range g.r.IntN(4) {
			g.write(`{"name":"f%d","type":`, i)
			g.typ(depth - 1)
			g.write(`,"order":"ignore","aliases":["old%d"]},`, i)
		}
		g.write(`{"name":"last","type":["null",%q,"int"],"default":%s}]`, n, [...]string{"null", "5"}[g.r.IntN(2)])
		g.props()
		g.write(`}`)
	}
}

func TestAnySchemaIsWhatItsOwnTextSays(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		g := randomSchema{r: r}
		g.typ(5)
		s, err := avro.Parse(g.b.String())
		if err != nil {
			t.Fatalf("%s: %v", g.b.String(), err)
		}
		checkInvariants(t, s)
	}
}

// checkInvariants holds for every schema that Parse returns.
func checkInvariants(t *testing.T, s *avro.Schema) {
	t.Helper()
	text := s.String()
	again, err := avro.Parse(text, avro.WithParseLimits(avro.ParseLimits{TextSize: 64 << 20}))
	if err != nil {
		t.Fatalf("%s, rendered by String, is refused: %v", text, err)
	}
	if again.String() != text {
		t.Fatalf("String is not stable:\n%s\n%s", text, again)
	}
	if again.Canonical() != s.Canonical() || again.Fingerprint() != s.Fingerprint() {
		t.Fatalf("the canonical form is not stable:\n%s\n%s", s.Canonical(), again.Canonical())
	}
	a, errA := s.Normalized()
	b, errB := again.Normalized()
	if a != b || (errA == nil) != (errB == nil) {
		t.Fatalf("the normalized form is not stable:\n%s, %v\n%s, %v", a, errA, b, errB)
	}
	for _, i := range avro.CheckCompatibility(s, again) {
		if i.Kind != avro.TooComplex && i.Kind != avro.AmbiguousAlias {
			t.Fatalf("%s is not compatible with itself: %v", text, i)
		}
	}
}
