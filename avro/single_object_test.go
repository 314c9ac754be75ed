package avro_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"testing"

	"github.com/concord-go/concord/avro"
	"github.com/concord-go/concord/serde"
)

func TestSingleObjectHeader(t *testing.T) {
	t.Parallel()
	// CRC-64-AVRO of "string" is 8f014872634503c7 (Avro's own test vectors), in
	// little-endian order here.
	s := avro.MustParse(`"string"`)
	header := s.AppendSingleObjectHeader([]byte("x"))
	if got, want := hex.EncodeToString(header[1:]), "c301"+"c70345637248018f"; got != want || header[0] != 'x' {
		t.Errorf("header %s, want %s", got, want)
	}
	whole := append(header[1:], 0x02, 'a')
	fp, payload, err := avro.ParseSingleObject(whole)
	if err != nil || fp != s.Fingerprint() || !bytes.Equal(payload, []byte{0x02, 'a'}) {
		t.Errorf("%x, %x, %v", fp, payload, err)
	}
	for n := range avro.SingleObjectHeader {
		if _, _, err := avro.ParseSingleObject(whole[:n]); !errors.Is(err, serde.Truncated) {
			t.Errorf("%d bytes: %v, want Truncated", n, err)
		}
	}
	for _, b := range []string{"\x00", "\xc3\x02\x00\x00\x00\x00\x00\x00\x00\x00", "\xc2\x01"} {
		if _, _, err := avro.ParseSingleObject([]byte(b)); !errors.Is(err, serde.NotFramed) {
			t.Errorf("% x: %v, want NotFramed", b, err)
		}
	}
}

func ExampleParseSingleObject() {
	writer := avro.MustParse(`{"type":"record","name":"Click","fields":[{"name":"x","type":"int"}]}`)
	known := map[uint64]*avro.Schema{writer.Fingerprint(): writer}

	data := append(writer.AppendSingleObjectHeader(nil), 0x0e)
	fingerprint, payload, err := avro.ParseSingleObject(data)
	if err != nil {
		fmt.Println(err)
		return
	}
	type click struct {
		X int32 `avro:"x"`
	}
	decoder, err := avro.NewDecoder[click](known[fingerprint], nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	var c click
	fmt.Println(decoder.Decode(payload, &c), c.X)
	// Output: <nil> 7
}
