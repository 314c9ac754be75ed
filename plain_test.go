package concord_test

import (
	"bytes"
	"context"
	"errors"
	"math"
	"testing"

	"github.com/concord-go/concord"
	"github.com/concord-go/concord/serde"
)

func TestPlainGoldenBytes(t *testing.T) {
	t.Parallel()
	golden(t, concord.Int64(), -2, []byte{255, 255, 255, 255, 255, 255, 255, 254})
	golden(t, concord.Int64(), math.MaxInt64, []byte{127, 255, 255, 255, 255, 255, 255, 255})
	golden(t, concord.String(), "é", []byte{0xc3, 0xa9})
	golden(t, concord.String(), "", []byte{})
	golden(t, concord.String(), "\xff", []byte{0xff})
}

func golden[T comparable](t *testing.T, p concord.Plain[T], v T, want []byte) {
	t.Helper()
	ctx := context.Background()
	data, err := p.AppendSerialize(ctx, nil, serde.KeyOf("t"), v)
	if err != nil || data.Bytes == nil || !bytes.Equal(data.Bytes, want) {
		t.Errorf("%v is written as %v, %v; want %v", v, data.Bytes, err, want)
	}
	var got T
	if info, err := p.Deserialize(ctx, serde.KeyOf("t"), serde.Data{Bytes: want}, &got); err != nil || got != v || info.Tombstone {
		t.Errorf("%v is read as %v, %+v, %v; want %v", want, got, info, err, v)
	}
}

func TestPlainTellsNullFromEmpty(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	none := concord.Bytes()
	if data, err := none.AppendSerialize(ctx, []byte("x"), serde.ValueOf("t"), nil); err != nil || data.Bytes != nil {
		t.Errorf("nil is written as %v, %v", data.Bytes, err)
	}
	if data, err := none.AppendSerialize(ctx, nil, serde.ValueOf("t"), []byte{}); err != nil || data.Bytes == nil {
		t.Errorf("an empty slice is written as %v, %v", data.Bytes, err)
	}
	got := []byte("before")
	if info, err := none.Deserialize(ctx, serde.ValueOf("t"), serde.Data{}, &got); err != nil || got != nil || !info.Tombstone {
		t.Errorf("null is read as %v, %+v, %v", got, info, err)
	}
	if info, err := none.Deserialize(ctx, serde.ValueOf("t"), serde.Data{Bytes: []byte{}}, &got); err != nil || got == nil || info.Tombstone {
		t.Errorf("empty is read as %v, %+v, %v", got, info, err)
	}
}

func TestAnInt64OfAnotherLengthIsRefused(t *testing.T) {
	t.Parallel()
	for n := range 10 {
		var v int64
		_, err := concord.Int64().Deserialize(context.Background(), serde.KeyOf("t"), serde.Data{Bytes: make([]byte, n)}, &v)
		want := map[bool]error{true: serde.Truncated, false: serde.TrailingBytes}[n < 8]
		if n == 8 {
			want = nil
		}
		if !errors.Is(err, want) || (want == nil && err != nil) {
			t.Errorf("%d bytes: %v, want %v", n, err, want)
		}
	}
}

func TestAZeroPlainIsAnErrorAndNoPanic(t *testing.T) {
	t.Parallel()
	var p concord.Plain[string]
	var v string
	if _, err := p.AppendSerialize(context.Background(), nil, serde.KeyOf("t"), ""); err == nil {
		t.Error("written")
	}
	if _, err := p.Deserialize(context.Background(), serde.KeyOf("t"), serde.Data{}, &v); err == nil {
		t.Error("read")
	}
}
