package protobuf

func (p *parser) enum() (*enum, error) {
	e := &enum{}
	var err error
	if e.name, err = p.word("the enum's name"); err != nil {
		return e, err
	}
	if err := p.open(); err != nil {
		return e, err
	}
	for {
		if done, err := p.end(); done || err != nil {
			return e, err
		}
		w, err := p.word("a value of the enum")
		if err != nil {
			return e, err
		}
		switch {
		case w == "option" && !p.isSign("="):
			o, err := p.option()
			if err != nil {
				return e, err
			}
			e.options = append(e.options, o)
			if err := p.sign(";"); err != nil {
				return e, err
			}
			continue
		case w == "reserved" && !p.isSign("="):
			names, err := p.reserved()
			if err != nil {
				return e, err
			}
			e.reserved = append(e.reserved, names)
			continue
		}
		v := enumValue{name: w}
		if err := p.sign("="); err != nil {
			return e, err
		}
		if v.number, err = p.integer("the value's number"); err != nil {
			return e, err
		}
		if v.options, err = p.fieldOptions(); err != nil {
			return e, err
		}
		e.values = append(e.values, v)
		if err := p.sign(";"); err != nil {
			return e, err
		}
	}
}

func (p *parser) extend() (*extend, error) {
	x := &extend{}
	var err error
	if x.name, err = p.word("the name of the message to extend"); err != nil {
		return x, err
	}
	if err := p.open(); err != nil {
		return x, err
	}
	for {
		if done, err := p.end(); done || err != nil {
			return x, err
		}
		pos := p.tok.pos
		w, err := p.word("a field")
		if err != nil {
			return x, err
		}
		f, g, err := p.field(w, pos, false)
		if err != nil {
			return x, err
		}
		if f != nil {
			x.fields = append(x.fields, f)
		}
		if g != nil {
			x.groups = append(x.groups, g)
		}
	}
}

func (p *parser) service() (*service, error) {
	s := &service{}
	var err error
	if s.name, err = p.word("the service's name"); err != nil {
		return s, err
	}
	if err := p.open(); err != nil {
		return s, err
	}
	for {
		if done, err := p.end(); done || err != nil {
			return s, err
		}
		pos := p.tok.pos
		w, err := p.word("a method")
		if err != nil {
			return s, err
		}
		switch w {
		case "option":
			o, err := p.option()
			if err != nil {
				return s, err
			}
			s.options = append(s.options, o)
			if err := p.sign(";"); err != nil {
				return s, err
			}
		case "rpc":
			m, err := p.method()
			if err != nil {
				return s, err
			}
			s.methods = append(s.methods, m)
		default:
			return s, p.errorf(pos, "a method is wanted")
		}
	}
}

func (p *parser) method() (m method, err error) {
	if m.name, err = p.word("the method's name"); err != nil {
		return m, err
	}
	if m.request, m.streamsIn, err = p.payload(); err != nil {
		return m, err
	}
	if w, err := p.word(`"returns"`); err != nil || w != "returns" {
		return m, p.errorf(p.tok.pos, `"returns" is wanted`)
	}
	if m.response, m.streamsOut, err = p.payload(); err != nil {
		return m, err
	}
	if p.isSign(";") {
		return m, p.advance()
	}
	if err := p.open(); err != nil {
		return m, err
	}
	for {
		if done, err := p.end(); done || err != nil {
			return m, err
		}
		pos := p.tok.pos
		if w, err := p.word("an option"); err != nil || w != "option" {
			return m, p.errorf(pos, "an option is wanted")
		}
		o, err := p.option()
		if err != nil {
			return m, err
		}
		m.options = append(m.options, o)
		if err := p.sign(";"); err != nil {
			return m, err
		}
	}
}

func (p *parser) payload() (name string, streams bool, err error) {
	if err := p.sign("("); err != nil {
		return "", false, err
	}
	if name, err = p.word("a message's name"); err != nil {
		return "", false, err
	}
	if name == "stream" && p.tok.kind == tokenWord {
		streams = true
		if name, err = p.word("a message's name"); err != nil {
			return "", false, err
		}
	}
	return name, streams, p.sign(")")
}
