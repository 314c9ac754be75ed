package avro

import (
	"crypto/md5" //nolint:gosec // the specification names it; nothing here relies on its strength
	"crypto/sha256"
)

// Fingerprint is the CRC-64-AVRO fingerprint of the schema's canonical form (Avro
// 1.12, "Schema Fingerprints"). In single-object encoding its bytes stand in
// little-endian order.
func (s *Schema) Fingerprint() uint64 { return crc64Avro([]byte(s.Canonical())) }

// SHA256 is the SHA-256 fingerprint of the schema's canonical form.
func (s *Schema) SHA256() [sha256.Size]byte { return sha256.Sum256([]byte(s.Canonical())) }

// MD5 is the MD5 fingerprint of the schema's canonical form. It tells schemas
// apart; it gives no security.
func (s *Schema) MD5() [md5.Size]byte {
	return md5.Sum([]byte(s.Canonical())) //nolint:gosec // see the import
}

// crcEmpty is the fingerprint of no bytes, and the polynomial.
const crcEmpty uint64 = 0xc15d213aa4d7a795

var crcTable = func() (table [256]uint64) {
	for i := range table {
		fp := uint64(i)
		for range 8 {
			fp = fp>>1 ^ crcEmpty&-(fp&1)
		}
		table[i] = fp
	}
	return table
}()

func crc64Avro(b []byte) uint64 {
	fp := crcEmpty
	for _, c := range b {
		fp = fp>>8 ^ crcTable[byte(fp)^c]
	}
	return fp
}
