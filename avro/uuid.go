package avro

import "encoding/hex"

const uuidTextLen = 36

// parseUUID reads the text of RFC 4122, in either case.
func parseUUID[S string | []byte](s S) (id [16]byte, ok bool) {
	if len(s) != uuidTextLen || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return id, false
	}
	digits := make([]byte, 0, 32)
	digits = append(digits, s[:8]...)
	digits = append(digits, s[9:13]...)
	digits = append(digits, s[14:18]...)
	digits = append(digits, s[19:23]...)
	digits = append(digits, s[24:]...)
	_, err := hex.Decode(id[:], digits)
	return id, err == nil
}

// appendUUID appends the text of RFC 4122, in lower case.
func appendUUID(dst []byte, id [16]byte) []byte {
	dst = hex.AppendEncode(dst, id[:4])
	for _, part := range [...][]byte{id[4:6], id[6:8], id[8:10], id[10:]} {
		dst = append(dst, '-')
		dst = hex.AppendEncode(dst, part)
	}
	return dst
}

func formatUUID(id [16]byte) string { return string(appendUUID(make([]byte, 0, uuidTextLen), id)) }
