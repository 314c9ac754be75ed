package bench

import "testing"

// Each benchmark is named Operation/record/codec or Operation/codec, which table reads.

// measure runs one cell.
func measure[T any](b *testing.B, name string, run func() (T, error)) {
	b.Run(name, func(b *testing.B) {
		if _, err := run(); err != nil { // caches, pools, buffers
			b.Fatal(err)
		}
		b.ReportAllocs()
		for b.Loop() {
			if _, err := run(); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// each runs one operation for all records and the codecs that have it.
func each(b *testing.B, operation func(*codec) func([]byte) (any, error)) {
	for _, r := range records() {
		b.Run(r.Name(), func(b *testing.B) {
			payload := r.payload()
			for _, c := range r.codecs() {
				if run := operation(&c); run != nil {
					measure(b, c.name, func() (any, error) { return run(payload) })
				}
			}
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	for _, r := range records() {
		b.Run(r.Name(), func(b *testing.B) {
			for _, c := range r.codecs() {
				if c.encode != nil {
					measure(b, c.name, c.encode)
				}
			}
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	each(b, func(c *codec) func([]byte) (any, error) { return c.decode })
}

func BenchmarkDecodeInPlace(b *testing.B) {
	each(b, func(c *codec) func([]byte) (any, error) { return c.inPlace })
}

func BenchmarkDecodeReusing(b *testing.B) {
	each(b, func(c *codec) func([]byte) (any, error) { return c.reuse })
}

func BenchmarkResolve(b *testing.B) {
	each(b, func(c *codec) func([]byte) (any, error) { return c.resolve })
}

func BenchmarkResolveReusing(b *testing.B) {
	each(b, func(c *codec) func([]byte) (any, error) { return c.resolveReuse })
}

func BenchmarkDynamic(b *testing.B) {
	each(b, func(c *codec) func([]byte) (any, error) { return c.dynamic })
}
