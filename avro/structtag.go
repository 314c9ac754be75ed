package avro

import (
	"fmt"
	"strconv"
	"strings"
)

const tagKey = "avro"

// fieldTag is a parsed tag: avro:"name,option,...".
type fieldTag struct {
	name    string
	aliases []string
	logical Logical
	def     string
	hasDef  bool
}

func parseFieldTag(tag string) (fieldTag, error) {
	var p fieldTag
	name, rest, more := strings.Cut(tag, ",")
	p.name = name
	for more {
		if def, ok := strings.CutPrefix(rest, "default="); ok {
			p.def, p.hasDef = def, true
			return p, nil
		}
		var option string
		if strings.HasPrefix(rest, "decimal(") { // has a comma of its own
			end := strings.IndexByte(rest, ')') + 1
			if end == 0 {
				return p, fmt.Errorf("the option %s does not end", excerpt(rest))
			}
			option, rest = rest[:end], rest[end:]
			if more = rest != ""; more && rest[0] != ',' {
				return p, fmt.Errorf("a comma was expected before %s", excerpt(rest))
			}
			rest = strings.TrimPrefix(rest, ",")
		} else {
			option, rest, more = strings.Cut(rest, ",")
		}
		if alias, ok := strings.CutPrefix(option, "alias="); ok {
			if alias == "" {
				return p, fmt.Errorf("an alias is empty")
			}
			p.aliases = append(p.aliases, alias)
			continue
		}
		logical, err := parseLogicalOption(option)
		if err != nil {
			return p, err
		}
		if p.logical != (Logical{}) {
			return p, fmt.Errorf("two logical types: %s and %s", p.logical.Type, logical.Type)
		}
		p.logical = logical
	}
	return p, nil
}

func parseLogicalOption(option string) (Logical, error) {
	if args, ok := strings.CutPrefix(option, "decimal("); ok {
		p, s, _ := strings.Cut(strings.TrimSuffix(args, ")"), ",")
		precision, err := strconv.ParseInt(p, 10, 32)
		scale, err2 := int64(0), error(nil)
		if s != "" {
			scale, err2 = strconv.ParseInt(s, 10, 32)
		}
		if err != nil || err2 != nil || precision <= 0 || scale < 0 || scale > precision {
			return Logical{}, fmt.Errorf("%s must be decimal(precision,scale) with 0 < precision and 0 <= scale <= precision", excerpt(option))
		}
		return Logical{Type: Decimal, Precision: int(precision), Scale: int(scale)}, nil
	}
	switch t := LogicalType(option); t {
	case UUID, Date, TimeMillis, TimeMicros, TimestampMillis, TimestampMicros, TimestampNanos,
		LocalTimestampMillis, LocalTimestampMicros, LocalTimestampNanos:
		return Logical{Type: t}, nil
	case Decimal:
		return Logical{}, fmt.Errorf("decimal needs its precision and scale, as in decimal(9,2)")
	}
	return Logical{}, fmt.Errorf("the option %s is not known (alias=, default= or a logical type)", excerpt(option))
}
