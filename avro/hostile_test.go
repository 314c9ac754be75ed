package avro_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/serde"
)

// Not parallel: it looks at what is allocated.
func TestHostileSchemasAreRefusedByALimit(t *testing.T) {
	for name, text := range map[string]string{
		"10,000 arrays of JSON":      strings.Repeat("[", 10_000),
		"10,000 array types":         strings.Repeat(`{"type":"array","items":`, 10_000) + `"int"` + strings.Repeat("}", 10_000),
		"10,000 nested properties":   `{"type":"int","p":` + strings.Repeat(`{"p":`, 10_000) + "1" + strings.Repeat("}", 10_000) + "}",
		"1,000,000 symbols":          manySymbols(1_000_000),
		"a number of 100,000 digits": `{"type":"int","p":` + strings.Repeat("9", 100_000) + "}",
		"depth through names":        chain(350, `"next","type":"R%d"`),
		"a default that doubles":     chain(60, `"a","type":"R%[2]d","default":{}},{"name":"b","type":"R%[2]d","default":{}`),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := avro.Parse(text)
		runtime.ReadMemStats(&after)
		if !errors.Is(err, serde.LimitExceeded) || !errors.Is(err, serde.InvalidSchema) {
			t.Errorf("%s: %v, want a limit", name, err)
		}
		if spent := after.TotalAlloc - before.TotalAlloc; spent > 1<<20 {
			t.Errorf("%s: %d bytes allocated to refuse it", name, spent)
		}
	}
}

// chain is a union of n records, each with fields of the next, from the last to the first.
func chain(n int, field string) string {
	var b strings.Builder
	b.WriteString(`[`)
	for i := range n {
		fmt.Fprintf(&b, `{"type":"record","name":"R%d","fields":[{"name":`+field+`}]},`, i, i+1)
	}
	fmt.Fprintf(&b, `{"type":"record","name":"R%d","fields":[{"name":"leaf","type":"string","default":"0123456789012345678901234567890123456789"}]}]`, n)
	return b.String()
}

func manySymbols(n int) string {
	var b strings.Builder
	b.WriteString(`{"type":"enum","name":"E","symbols":["S"`)
	for i := range n {
		fmt.Fprintf(&b, `,"S%d"`, i)
	}
	b.WriteString(`]}`)
	return b.String()
}

func TestLimitsCanBeSet(t *testing.T) {
	t.Parallel()
	if _, err := avro.Parse(`{"type":"array","items":"int"}`, avro.WithParseLimits(avro.ParseLimits{TextSize: 10})); !errors.Is(err, serde.LimitExceeded) {
		t.Errorf("TextSize: %v", err)
	}
	if _, err := avro.Parse(`[{"type":"array","items":"int"}]`, avro.WithParseLimits(avro.ParseLimits{Depth: 1})); !errors.Is(err, serde.LimitExceeded) {
		t.Errorf("Depth: %v", err)
	}
	s, err := avro.Parse(manySymbols(100_000), avro.WithParseLimits(avro.ParseLimits{TextSize: 2 << 20}))
	if err != nil || len(s.Symbols()) != 100_001 {
		t.Errorf("a larger TextSize: %v", err)
	}
}

// Each of these takes time only in proportion to its size; with a quadratic step
// anywhere, the test would not end within its time.
func TestLargeSchemasTakeLinearTime(t *testing.T) {
	t.Parallel()
	const n = 20_000
	wide := func(one func(i int) string) string {
		parts := make([]string, n)
		for i := range parts {
			parts[i] = one(i)
		}
		return strings.Join(parts, ",")
	}
	symbols := wide(func(i int) string { return fmt.Sprintf(`"S%d"`, i) })
	members := wide(func(i int) string { return fmt.Sprintf(`"f%d":0`, i) })
	fields := wide(func(i int) string { return fmt.Sprintf(`{"name":"f%d","type":"int"}`, i) })
	fixeds := wide(func(i int) string { return fmt.Sprintf(`{"type":"fixed","name":"F%d","size":1}`, i) })
	for name, text := range map[string]string{
		"an array of symbols as the default": withDefault(`{"type":"array","items":{"type":"enum","name":"E","symbols":[`+symbols+`]}}`, `[`+symbols+`]`),
		"a wide record as the default":       withDefault(`{"type":"record","name":"W","fields":[`+fields+`]}`, `{`+members+`}`),
		"properties":                         `{"type":"int",` + members + `}`,
		"a union of types":                   `[` + fixeds + `]`,
	} {
		s, err := avro.Parse(text, avro.WithParseLimits(avro.ParseLimits{TextSize: 8 << 20}))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := avro.CheckCompatibility(s, s); len(got) > 1 || len(got) == 1 && got[0].Kind != avro.TooComplex {
			t.Errorf("%s: is not compatible with itself: %v", name, got[0])
		}
	}
}

func TestCompatibilityOfSchemasMadeToBlowUpEnds(t *testing.T) {
	t.Parallel()
	// Cycles of lengths that have no common divisor: every type meets every other.
	cycle := func(n int) *avro.Schema {
		var b strings.Builder
		for i := range n - 1 {
			fmt.Fprintf(&b, `{"type":"record","name":"n%d.R","fields":[{"name":"f","type":["null","n%d.R"]}]},`, i, i+1)
		}
		fmt.Fprintf(&b, `{"type":"record","name":"n%d.R","fields":[{"name":"f","type":["null","n0.R"]}]}`, n-1)
		s, err := avro.Parse("["+b.String()+"]", avro.WithParseLimits(avro.ParseLimits{Depth: 2000}))
		if err != nil {
			t.Fatal(err)
		}
		return s.Branches()[0]
	}
	small := avro.CheckCompatibility(cycle(31), cycle(37))
	if len(small) != 0 {
		t.Errorf("small cycles: %v", small)
	}
	large := avro.CheckCompatibility(cycle(311), cycle(313))
	if len(large) != 1 || large[0].Kind != avro.TooComplex {
		t.Errorf("large cycles: %v, want the check to give up", large)
	}
}
