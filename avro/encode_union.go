package avro

import (
	"encoding/binary"
	"math"
	"math/big"
	"time"

	"github.com/concord-go/concord/avro/wire"
	"github.com/concord-go/concord/serde"
)

// dynamicUnion writes nil as null, a map with the name of a branch as its only key
// as that branch, and any other value as the branch that it can only be.
func (e *encoding) dynamicUnion(n *dynamicNode, v any, dst []byte) ([]byte, error) {
	// The usual types first, each of which only one branch has.
	switch v := v.(type) {
	case nil:
		if i := n.native[Null]; i >= 0 {
			return append(dst, byte(i<<1)), nil
		}
		if i, ok := n.names["null"]; ok {
			return wire.AppendLong(dst, int64(i)), nil
		}
		return nil, e.failDynamic(n, v)
	case string:
		if i := n.native[String]; i >= 0 {
			dst, ok := wire.AppendString(append(dst, byte(i<<1)), v, e.raw)
			if !ok {
				return nil, e.fail(nil, "the string is not valid UTF-8")
			}
			return dst, nil
		}
	case int64:
		if i := n.native[Long]; i >= 0 {
			return wire.AppendLong(append(dst, byte(i<<1)), v), nil
		}
	case int32:
		if i := n.native[Int]; i >= 0 {
			return wire.AppendLong(append(dst, byte(i<<1)), int64(v)), nil
		}
	case float64:
		if i := n.native[Double]; i >= 0 {
			return binary.LittleEndian.AppendUint64(append(dst, byte(i<<1)), math.Float64bits(v)), nil
		}
	case bool:
		if i := n.native[Boolean]; i >= 0 {
			return append(dst, byte(i<<1), byte(boolToInt(v))), nil
		}
	}
	if m, ok := v.(map[string]any); ok && len(m) == 1 {
		for name, inner := range m {
			if i, ok := n.names[name]; ok {
				return e.dynamic(n.subs[i], inner, wire.AppendLong(dst, int64(i)))
			}
		}
	}
	// The branch whose Go type v has, when there is only one.
	only, natives := 0, 0
	for i, b := range n.subs {
		if isNative(b, v) {
			only, natives = i, natives+1
		}
	}
	if natives == 1 {
		return e.dynamic(n.subs[only], v, wire.AppendLong(dst, int64(only)))
	}
	return e.tryBranches(n, v, dst)
}

// nativeBranches are, by kind, the branches that values of the kind's Go type can only
// be: -1 where none is, or several are, or the index takes more than a byte.
func nativeBranches(subs []*dynamicNode) []int8 {
	native := make([]int8, Fixed+1)
	for k, sample := range []any{Null: nil, Boolean: false, Int: int32(0), Long: int64(0), Double: 0.0, String: ""} {
		native[k] = -1
		for i, b := range subs {
			switch is := k == int(Null) && b.kind == Null || sample != nil && isNative(b, sample); {
			case is && native[k] == -1 && i < 64:
				native[k] = int8(i)
			case is:
				native[k] = -2
			}
		}
	}
	return native
}

// isNative reports whether v has the Go type that a value read as b would have.
func isNative(b *dynamicNode, v any) bool {
	logical := b.schema.logical.Type
	switch v.(type) {
	case bool:
		return b.kind == Boolean
	case int32:
		return b.kind == Int && !isNativeLogical(logical)
	case int64:
		return b.kind == Long && !isNativeLogical(logical)
	case float32:
		return b.kind == Float
	case float64:
		return b.kind == Double
	case string:
		return b.kind == String
	case []byte:
		return b.kind == Bytes && logical != Decimal
	case time.Time:
		return b.unit > 0 && !b.clock
	case time.Duration:
		return b.clock
	case *big.Rat:
		return logical == Decimal
	case []any:
		return b.kind == Array
	}
	return false
}

// maxTrials bounds how many branches are tried for one datum: nested unions
// could multiply.
const maxTrials = 10_000

// tryBranches writes v as the only branch that takes it.
func (e *encoding) tryBranches(n *dynamicNode, v any, dst []byte) ([]byte, error) {
	start := len(dst)
	var found []byte
	var first error
	for i, b := range n.subs {
		if b.kind == Null {
			continue
		}
		if e.trials--; e.trials < 0 {
			return nil, e.failWith(nil, &fault{serde.LimitExceeded, "too many union branches to try: name the branch, as in {\"string\": value}"})
		}
		depth := e.depth
		out, err := e.dynamic(b, v, wire.AppendLong(dst[:start:start], int64(i)))
		e.depth = depth
		switch {
		case err != nil && first == nil:
			first = err
		case err == nil && found != nil:
			return nil, e.fail(nil, "the value fits several branches of the union: name the branch, as in {\"string\": value}")
		case err == nil:
			found = out
		}
	}
	switch {
	case found != nil:
		return append(dst, found[start:]...), nil
	case first != nil && len(n.subs) == 1+boolToInt(n.hasNull()):
		return nil, first // the only branch's own error says more
	}
	return nil, e.failDynamic(n, v)
}

func (n *dynamicNode) hasNull() bool { _, ok := n.names["null"]; return ok }

func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
