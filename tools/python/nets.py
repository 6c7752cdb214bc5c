# SPDX-License-Identifier: MIT
# What lamina.py has of data and nets: it follows layers.py.


class _Data:
    """A data set of arrays, which it keeps alive."""

    def __init__(self, net, x, t, weights=None):
        shape = net.input_shape
        self.x = net._samples(x)
        info = lam_target_info()
        _check(_lib.lam_net_targets(net._pointer, byref(info)))
        options = lam_dataset_arrays_options(size=sizeof(lam_dataset_arrays_options))
        options.x, options.shape, options.count = self.x.ctypes.data, _shape(shape), len(self.x)
        if t is None:
            options.targets = LAM_INPUT
        else:
            options.targets, options.classes = info.type, info.classes
            options.target_shape, options.ignore = info.shape, info.ignore
            self.t = net._targets(t, len(self.x), info)
            options.target_data = self.t.ctypes.data
        if weights is not None:
            self.weights = _array(weights, dtype, "weights")
            if self.weights.shape != (len(self.x),):
                raise Error("weights have the shape %s; expected (%d,)"
                            % (self.weights.shape, len(self.x)))
            options.weights = self.weights.ctypes.data
        self.pointer = _lib.lam_dataset_arrays_with(byref(options))
        if not self.pointer:
            raise _failed()

    def __del__(self):
        if getattr(self, "pointer", None):
            _lib.lam_dataset_free(self.pointer)


def _score(score):
    found = dict(count=score.count, loss=score.loss, accuracy=score.accuracy,
                 scored=score.scored, mean_iou=score.mean_iou)
    if score.confusion and score.classes:
        numbers = ctypes.cast(score.confusion, ctypes.POINTER(c_int64))
        square = (score.classes, score.classes)
        found["confusion"] = np.ctypeslib.as_array(numbers, shape=square).copy()
    return found


class Net(_Owner):
    """A net: Net(layer, (3, 32, 32), max_batch=128, seed=1, …), with the options of C's
    lam_net_create(). net["0.weight"] is a parameter as an array; assigning to it changes it."""

    def __init__(self, model, shape=None, **options):
        keep = []
        options.setdefault("max_batch", 128)
        filled = _options(lam_net_options, options, keep)
        if shape is not None:
            filled.shape = _shape(shape)
        filled.model = _take_all([model])[0]
        self._pointer = _lib.lam_net_create_with(byref(filled))
        if not self._pointer:
            raise _failed()

    def __del__(self):
        if getattr(self, "_pointer", None):
            _lib.lam_net_free(self._pointer)

    @property
    def input_shape(self):
        return _sizes(_lib.lam_net_input_shape(self._pointer))

    @property
    def output_shape(self):
        return _sizes(_lib.lam_net_output_shape(self._pointer))

    def class_names(self):
        """Names of the classes, or an empty list."""
        names = []
        while True:
            name = _lib.lam_net_class_name(self._pointer, len(names))
            if not name:
                return names
            names.append(name.decode())

    def _samples(self, x):
        array, shape = _array(x, dtype, "samples"), self.input_shape
        if array.shape[1:] != shape or array.ndim != len(shape) + 1:
            raise Error("samples have the shape %s; expected (samples, %s)"
                        % (array.shape, ", ".join(map(str, shape))))
        return array

    @staticmethod
    def _targets(t, count, info):
        wanted = np.int32 if info.type == LAM_CLASSES else dtype
        array = np.asarray(t)
        if wanted is np.int32 and array.dtype.kind not in "biu":
            raise Error("targets are classes: whole numbers were expected, not %s" % array.dtype)
        if wanted is np.int32 and array.size:
            for one in (array.min(), array.max()):
                _whole(c_int32, one, "a class of the targets")
        array = _array(array, wanted, "targets")
        per = int(np.prod(_sizes(info.shape))) if info.shape.rank else 1
        if array.shape[:1] != (count,) or array.size != count * per:
            raise Error("targets have the shape %s; expected %d for each of %d samples"
                        % (array.shape, per, count))
        return array

    def predict(self, x):
        """Outputs for samples: an array of (samples, output shape)."""
        x = self._samples(x)
        y = np.empty((len(x),) + self.output_shape, dtype)
        _check(_lib.lam_net_predict(self._pointer, x.ctypes.data, len(x), y.ctypes.data))
        return y

    def fit(self, x, t=None, validation=None, weights=None, progress=None, **options):
        """Trains on arrays, with the options of C's lam_fit(); validation is a pair of arrays.
        progress is called with a dict after each step; a true value ends the run. Returns a dict.
        Without targets the samples are their own, as an autoencoder's."""
        keep = [_Data(self, x, t, weights)]
        filled = _options(lam_fit_options, options, keep)
        report = lam_report(size=sizeof(lam_report))
        filled.report_size, filled.report = sizeof(lam_report), ctypes.addressof(report)
        filled.net, filled.train = self._pointer, keep[0].pointer
        if validation is not None:
            if not isinstance(validation, (tuple, list)) or len(validation) != 2:
                raise TypeError("validation: a pair of arrays was expected, samples and targets")
            keep.append(_Data(self, *validation))
            filled.validation = keep[-1].pointer
        raised = []
        if progress is not None:
            if not callable(progress):
                raise TypeError("progress: a function was expected, not %r" % (progress,))
            def step_end(told, _):
                told = ctypes.cast(told, ctypes.POINTER(lam_progress)).contents
                try:
                    return bool(progress(dict(
                        epoch=told.epoch, step=told.step, steps=told.steps, lr=told.lr,
                        loss=told.batch_loss, epoch_ended=told.epoch_ended,
                        train=_score(told.train), validation=_score(told.validation))))
                except BaseException as error:  # no exception can pass through C
                    raised.append(error)
                    return True

            call = ctypes.CFUNCTYPE(c_bool, c_void_p, c_void_p)(step_end)
            keep.append(call)
            filled.step_end = ctypes.cast(call, c_void_p)
        status = _lib.lam_fit_with(byref(filled))
        if raised:
            raise raised[0]
        _check(status)
        return dict(epochs=report.epochs, steps=report.steps, train=_score(report.train),
                    validation=_score(report.validation), best_epoch=report.best_epoch,
                    best_loss=report.best_loss, seconds=report.seconds)

    def evaluate(self, x, t=None):
        """Loss, accuracy and, for classes, the confusion matrix, as a dict."""
        data, score = _Data(self, x, t), lam_score(size=sizeof(lam_score))
        options = lam_evaluate_options(size=sizeof(lam_evaluate_options))
        options.score_size, options.score = sizeof(lam_score), ctypes.addressof(score)
        options.net, options.dataset = self._pointer, data.pointer
        _check(_lib.lam_evaluate_with(byref(options)))
        return _score(score)

    def save(self, path, compress=False):
        """Writes the net: .npz, which lamina and numpy read."""
        options = lam_save_options(size=sizeof(lam_save_options), net=self._pointer,
                                   path=_text(path, "the path"), compress=compress)
        _check(_lib.lam_net_save_with(byref(options)))

    def _all(self, get):
        found, i = {}, 0
        while True:
            parameter = get(self._pointer, i)
            if not parameter:
                return found
            found[_lib.lam_param_name(parameter).decode()] = parameter
            i += 1

    @staticmethod
    def _copy(parameter, address):
        shape = _sizes(_lib.lam_param_shape(parameter))
        values = ctypes.cast(address, ctypes.POINTER(real))
        return np.ctypeslib.as_array(values, shape=shape or (1,)).copy()

    def _values(self):
        """Name to handle, of all parameters and running statistics."""
        return {**self._all(_lib.lam_net_param), **self._all(_lib.lam_net_state)}

    def parameters(self):
        """Name to array: copies of all parameters and running statistics."""
        return {name: self._copy(p, _lib.lam_param_value(p)) for name, p in self._values().items()}

    def gradients(self):
        """Name to array: gradients of the last backward."""
        return {name: self._copy(p, _lib.lam_param_grad(p))
                for name, p in self._all(_lib.lam_net_param).items() if _lib.lam_param_grad(p)}

    def _find(self, name):
        found = self._values()
        if name not in found:
            raise KeyError("no parameter is called %r; there are: %s" % (name, ", ".join(found)))
        return found[name]

    def __getitem__(self, name):
        parameter = self._find(name)
        return self._copy(parameter, _lib.lam_param_value(parameter))

    def __setitem__(self, name, values):
        parameter = self._find(name)
        shape = _sizes(_lib.lam_param_shape(parameter))
        array = _array(values, dtype, name)
        if array.shape != shape:
            raise Error("%s has the shape %s; given was %s" % (name, shape, array.shape))
        place = _lib.lam_param_edit(parameter)
        if not place:
            raise _failed()
        ctypes.memmove(place, array.ctypes.data, array.nbytes)


def load(path, **options):
    """A net from a file, with the options of C's lam_net_load(); inference=True to predict only."""
    keep = []
    options.setdefault("max_batch", 128)
    filled = _options(lam_load_options, options, keep)
    filled.path = _text(path, "the path")
    net = Net.__new__(Net)
    net._pointer = _lib.lam_net_load_with(byref(filled))
    if not net._pointer:
        raise _failed()
    return net


class Check:
    """What gradcheck() found: .ok, .max_error, .worst (where), .sentence."""

    def __init__(self, ok, report, sentence):
        self.ok, self.max_error, self.checked = ok, report.max_error, report.checked
        self.worst, self.wrong = report.worst.decode(), report.wrong
        self.undecided, self.sentence = report.undecided, sentence

    def __bool__(self):
        return self.ok

    def __str__(self):
        return self.sentence or "%d gradients are right; the largest error is %.1e" % (
            self.checked, self.max_error)


def gradcheck(layer, shape, **options):
    """Compares a layer's gradients with numeric ones, with the options of C's lam_gradcheck().
    It consumes the layer, and returns a Check. LAMINA_PRECISION=double is the sharper test."""
    filled = _options(lam_gradcheck_options, options, [])
    report = lam_gradcheck_report(size=sizeof(lam_gradcheck_report))
    filled.report_size, filled.report = sizeof(lam_gradcheck_report), ctypes.addressof(report)
    filled.shape = _shape(shape)
    filled.layer = _take_all([layer])[0]
    status = _lib.lam_gradcheck_with(byref(filled))
    if status not in (LAM_OK, LAM_ERR_NUMERIC):
        raise _failed()
    return Check(status == LAM_OK, report, "" if status == LAM_OK else str(_failed()))
