raise RuntimeError('this is no migration')
