package protobuf

import "strings"

// option reads what follows the word option, up to the semicolon.
func (p *parser) option() (o option, err error) {
	if o.name, err = p.optionName(); err != nil {
		return o, err
	}
	if err := p.sign("="); err != nil {
		return o, err
	}
	o.value, err = p.optionValue()
	return o, err
}

func (p *parser) optionName() (string, error) {
	var b strings.Builder
	for {
		switch {
		case p.isSign("("):
			if err := p.advance(); err != nil {
				return "", err
			}
			w, err := p.word("an option's name")
			if err != nil {
				return "", err
			}
			b.WriteString("(" + w + ")")
			if err := p.sign(")"); err != nil {
				return "", err
			}
		default:
			w, err := p.word("an option's name")
			if err != nil {
				return "", err
			}
			b.WriteString(w)
		}
		if p.isSign("=") || !(p.tok.kind == tokenWord && strings.HasPrefix(p.tok.text, ".") || p.isSign("(")) {
			return b.String(), nil
		}
	}
}

// fieldOptions reads options in brackets, if there are any.
func (p *parser) fieldOptions() (all []option, err error) {
	if !p.isSign("[") {
		return nil, nil
	}
	if err := p.advance(); err != nil {
		return nil, err
	}
	for {
		o, err := p.option()
		if err != nil {
			return nil, err
		}
		all = append(all, o)
		if p.isSign(",") {
			if err := p.advance(); err != nil {
				return nil, err
			}
			continue
		}
		return all, p.sign("]")
	}
}

func (p *parser) optionValue() (v optionValue, err error) {
	if p.depth++; p.depth > maxDepth {
		return v, &SchemaError{Reason: "it is nested too deeply", limit: true}
	}
	defer func() { p.depth-- }()
	switch {
	case p.tok.kind == tokenString:
		v.quoted = true
		v.text, err = p.str("a value")
	case p.isSign("{"):
		v.isMap = true
		err = p.textMessage(&v)
	case p.isSign("["):
		v.isList = true
		if err := p.advance(); err != nil {
			return v, err
		}
		for !p.isSign("]") {
			item, err := p.optionValue()
			if err != nil {
				return v, err
			}
			v.list = append(v.list, item)
			if p.isSign(",") {
				if err := p.advance(); err != nil {
					return v, err
				}
			}
		}
		err = p.advance()
	case p.isSign("+"):
		if err := p.advance(); err != nil {
			return v, err
		}
		v.text, err = p.word("a value")
	default:
		v.text, err = p.word("a value")
	}
	return v, err
}

func (p *parser) textMessage(v *optionValue) error {
	if err := p.advance(); err != nil {
		return err
	}
	for !p.isSign("}") {
		var o option
		var err error
		if p.isSign("[") {
			if err := p.advance(); err != nil {
				return err
			}
			w, err := p.word("an extension's name")
			if err != nil {
				return err
			}
			o.name = "[" + w + "]"
			if err := p.sign("]"); err != nil {
				return err
			}
		} else if o.name, err = p.word("a field's name"); err != nil {
			return err
		}
		if p.isSign(":") {
			if err := p.advance(); err != nil {
				return err
			}
		}
		if o.value, err = p.optionValue(); err != nil {
			return err
		}
		v.fields = append(v.fields, o)
		if p.isSign(",") || p.isSign(";") {
			if err := p.advance(); err != nil {
				return err
			}
		}
	}
	return p.advance()
}
