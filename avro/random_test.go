package avro_test

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"time"
)

// generator makes random schemas, and values of them in goavro's form.
type generator struct {
	*rand.Rand
	names int
}

// generated is a schema's text and a function that makes values of it.
type generated struct {
	text  string
	name  string // of a union's branch
	value func() any
}

func (g *generator) schema(depth int) generated {
	const leaves, all = 17, 22
	n := leaves
	if depth > 0 {
		n = all
	}
	switch k := g.IntN(n); {
	case k < leaves:
		return g.leaf(k)
	case k == leaves:
		items := g.schema(depth - 1)
		return generated{`{"type":"array","items":` + items.text + `}`, "array", func() any {
			v := []any{}
			for range g.IntN(4) {
				v = append(v, items.value())
			}
			return v
		}}
	case k == leaves+1:
		values := g.schema(depth - 1)
		return generated{`{"type":"map","values":` + values.text + `}`, "map", func() any {
			v := map[string]any{} // of one entry at most: the order of more is random
			if g.IntN(3) > 0 {
				v[g.text()] = values.value()
			}
			return v
		}}
	case k == leaves+2:
		return g.union(depth)
	}
	return g.record(depth)
}

func (g *generator) name() string { g.names++; return fmt.Sprintf("T%d", g.names) }

func (g *generator) text() string {
	const letters = "abcäöü世界\x00\n\"\\😀"
	r := []rune(letters)
	var b strings.Builder
	for range g.IntN(8) {
		b.WriteRune(r[g.IntN(len(r))])
	}
	return b.String()
}

func (g *generator) octets(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(g.Uint32())
	}
	return b
}

func (g *generator) int64() int64 { return int64(g.Uint64()) >> g.IntN(64) }

func (g *generator) leaf(k int) generated {
	logical := func(base, t string, value func() any) generated {
		return generated{fmt.Sprintf(`{"type":%q,"logicalType":%q}`, base, t), base + "." + t, value}
	}
	switch k {
	case 0:
		return generated{`"null"`, "null", func() any { return nil }}
	case 1:
		return generated{`"boolean"`, "boolean", func() any { return g.IntN(2) == 1 }}
	case 2:
		return generated{`"int"`, "int", func() any { return int32(g.int64()) }}
	case 3:
		return generated{`"long"`, "long", func() any { return g.int64() }}
	case 4:
		return generated{`"float"`, "float", func() any { return g.Float32() * 1e9 }}
	case 5:
		return generated{`"double"`, "double", func() any { return g.NormFloat64() * 1e99 }}
	case 6:
		return generated{`"bytes"`, "bytes", func() any { return g.octets(g.IntN(9)) }}
	case 7:
		return generated{`"string"`, "string", func() any { return g.text() }}
	case 8:
		name, size := g.name(), 1+g.IntN(9)
		return generated{fmt.Sprintf(`{"type":"fixed","name":%q,"size":%d}`, name, size), name, func() any { return g.octets(size) }}
	case 9:
		name := "ns." + g.name()
		return generated{fmt.Sprintf(`{"type":"enum","name":%q,"symbols":["A","B","C"]}`, name), name, func() any { return string("ABC"[g.IntN(3)]) }}
	case 10:
		return logical("int", "date", func() any { return time.Unix(int64(int32(g.int64()))*86400, 0).UTC() })
	case 11:
		return logical("int", "time-millis", func() any { return time.Duration(g.IntN(86_400_000)) * time.Millisecond })
	case 12:
		return logical("long", "time-micros", func() any { return time.Duration(g.Int64N(86_400_000_000)) * time.Microsecond })
	case 13:
		return logical("long", "timestamp-millis", func() any { return time.UnixMilli(g.int64() >> 12).UTC() })
	case 14:
		return logical("long", "timestamp-micros", func() any { return time.UnixMicro(g.int64() >> 4).UTC() })
	case 15:
		scale := g.IntN(6)
		text := fmt.Sprintf(`{"type":"bytes","logicalType":"decimal","precision":20,"scale":%d}`, scale)
		return generated{text, "bytes.decimal", func() any { return g.rat(63, scale) }}
	}
	name, scale := g.name(), g.IntN(3)
	text := fmt.Sprintf(`{"type":"fixed","name":%q,"size":8,"logicalType":"decimal","precision":18,"scale":%d}`, name, scale)
	return generated{text, name, func() any { return g.rat(59, scale) }}
}

func (g *generator) rat(bits, scale int) *big.Rat {
	v := g.int64()>>(64-bits) | 1 // goavro fails on 0 as a fixed
	return new(big.Rat).Quo(new(big.Rat).SetInt64(v), new(big.Rat).SetFloat64(math.Pow10(scale)))
}

func (g *generator) union(depth int) generated {
	var branches []generated
	names := map[string]bool{}
	for range 1 + g.IntN(4) {
		b := g.schema(0)
		if g.IntN(3) == 0 {
			b = g.schema(depth - 1)
		}
		base, _, _ := strings.Cut(b.name, ".") // one of a kind, logical or not
		if b.name != "" && !names[base] {
			names[base] = true
			branches = append(branches, b)
		}
	}
	if len(branches) == 0 {
		branches = append(branches, g.leaf(0))
	}
	var texts []string
	for _, b := range branches {
		texts = append(texts, b.text)
	}
	return generated{"[" + strings.Join(texts, ",") + "]", "", func() any {
		b := branches[g.IntN(len(branches))]
		v := b.value()
		if b.name == "null" {
			return nil
		}
		return map[string]any{b.name: v}
	}}
}

func (g *generator) record(depth int) generated {
	name := g.name()
	var fields []generated
	var texts []string
	for i := range g.IntN(6) {
		f := g.schema(depth - 1)
		fields = append(fields, f)
		texts = append(texts, fmt.Sprintf(`{"name":"f%d","type":%s}`, i, f.text))
	}
	text := fmt.Sprintf(`{"type":"record","name":%q,"fields":[%s]}`, name, strings.Join(texts, ","))
	return generated{text, name, func() any {
		v := map[string]any{}
		for i, f := range fields {
			v[fmt.Sprintf("f%d", i)] = f.value()
		}
		return v
	}}
}
