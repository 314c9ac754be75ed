package bench

import "testing"

// Nothing is measured that does not do the same work: what a codec writes, every codec
// reads as the same value, also under the later schema.
func TestAllAgree(t *testing.T) {
	t.Parallel()
	for _, r := range records() {
		t.Run(r.Name(), func(t *testing.T) {
			t.Parallel()
			codecs := r.codecs()
			for _, w := range codecs {
				if w.encode == nil {
					continue
				}
				written, err := w.encode()
				if err != nil {
					t.Errorf("%s does not write: %v", w.name, err)
					continue
				}
				for _, c := range codecs {
					agrees(t, r, w.name, written, c)
				}
			}
		})
	}
}

func agrees(t *testing.T, r record, writer string, written []byte, c codec) {
	t.Helper()
	for how, decode := range c.readings() {
		if how == "dynamic" {
			continue
		}
		v, err := decode(written)
		if err != nil {
			t.Errorf("%s, %s: what %s wrote: %v", c.name, how, writer, err)
			continue
		}
		if c.shared != nil {
			v = c.shared(v)
		}
		if d := r.differs(v); d != "" {
			t.Errorf("%s, %s: another value than %s wrote (-want +got):\n%s", c.name, how, writer, d)
		}
	}
	if c.dynamic == nil {
		return
	}
	v, err := c.dynamic(written)
	if err != nil {
		t.Errorf("%s decodes no dynamic value from what %s wrote: %v", c.name, writer, err)
		return
	}
	again, err := c.undo(v)
	if err != nil {
		t.Errorf("%s does not write the dynamic value that it read: %v", c.name, err)
		return
	}
	back, err := r.reads(again)
	if err != nil {
		t.Errorf("%s wrote its dynamic value as bytes that nobody reads: %v", c.name, err)
		return
	}
	if d := r.differs(back); d != "" {
		t.Errorf("%s has another dynamic value than %s wrote (-want +got):\n%s", c.name, writer, d)
	}
}
