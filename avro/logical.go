package avro

import (
	"encoding/json"
	"math"
	"strconv"
)

// logicalOf is the logical type that the properties of s name, if it is one of
// Avro 1.12 and valid for the type; zero otherwise ("Logical Types": language
// implementations must ignore unknown and invalid ones).
func logicalOf(s *Schema) Logical {
	v, err := parseJSON(string(s.property("logicalType")), maxPropertyDepth)
	if err != nil || v.kind != jsonString {
		return Logical{}
	}
	t := LogicalType(v.text)
	valid := false
	switch t {
	case Decimal:
		return decimalOf(s)
	case UUID:
		valid = s.kind == String || s.kind == Fixed && s.size == 16
	case Date, TimeMillis:
		valid = s.kind == Int
	case TimeMicros, TimestampMillis, TimestampMicros, TimestampNanos,
		LocalTimestampMillis, LocalTimestampMicros, LocalTimestampNanos:
		valid = s.kind == Long
	case Duration:
		valid = s.kind == Fixed && s.size == 12
	}
	if !valid {
		return Logical{}
	}
	return Logical{Type: t}
}

// maxPropertyDepth is the depth to which logicalType is looked at: it is a string.
const maxPropertyDepth = 1

func decimalOf(s *Schema) Logical {
	if s.kind != Bytes && s.kind != Fixed {
		return Logical{}
	}
	precision, ok := intProperty(s.property("precision"))
	if !ok || precision <= 0 || s.kind == Fixed && int64(precision) > maxPrecision(s.size) {
		return Logical{}
	}
	scale := 0
	if v := s.property("scale"); v != nil {
		if scale, ok = intProperty(v); !ok || scale < 0 || scale > precision {
			return Logical{}
		}
	}
	return Logical{Type: Decimal, Precision: precision, Scale: scale}
}

// maxPrecision is how many decimal digits a two's complement number of size bytes
// always holds: floor(log10(2^(8*size-1))), or a little less where a double
// is not exact enough to tell.
func maxPrecision(size int) int64 {
	return int64(math.Floor(math.Log10(2) * float64(8*int64(size)-1)))
}

// property is the value of a property, nil when there is none.
func (s *Schema) property(name string) json.RawMessage {
	for _, p := range s.props {
		if p.Name == name {
			return p.Value
		}
	}
	return nil
}

func intProperty(v json.RawMessage) (int, bool) {
	n, err := strconv.ParseInt(string(v), 10, 32)
	return int(n), err == nil
}
