"""The LSTM on TensorFlow's CPU kernels: one operation runs the whole sequence forwards, two a step run it backwards.

Forwards `BlockLSTMV2` computes i, f, g, o, c, tanh(c) and h of all steps. Backwards, with A = dL/da (the gates before
their activations), each step is one elementwise kernel (`LSTMBlockCellGrad`) and one product A_t U'; then

    dW = X' A,   dU = H' A,   db = sum A,   dX = A W'          one product each over all steps at once

Steps past the longest row are never computed. The kernels know tanh and sigmoid, float32 and float16, and no XLA.
"""

import tensorflow as tf

from layers.masking import check_lengths, resolve_mask


def _swap(gates):
    """Blocks i, g, f, o as i, f, g, o and back: the two kernels order them differently."""
    i, g, f, o = tf.split(gates, 4, -1)
    return tf.concat([i, f, g, o], -1)


def _rows(sequence):
    """(time, batch, size) -> (time x batch, size)"""
    return tf.reshape(sequence, [-1, sequence.shape[-1]])


def _forward(inputs, h, c, kernel, recurrent_kernel, bias, longest):
    peephole = tf.zeros(tf.shape(h)[1:], h.dtype)
    return tf.raw_ops.BlockLSTMV2(
        seq_len_max=tf.cast(longest, tf.int64), x=inputs, cs_prev=c, h_prev=h, cell_clip=0.0, use_peephole=False,
        w=tf.concat([kernel, recurrent_kernel], 0), wci=peephole, wcf=peephole, wco=peephole, b=bias,
    )  # fmt: skip


def _backward(saved, before, recurrent_kernel, outputs, cells):
    """-> A (time, batch, 4 x units) in blocks i, g, f, o, and the gradients of h_0 and c_0."""
    i, c, f, o, g, tanh_c = saved
    units, dtype, time = recurrent_kernel.shape[0], outputs.dtype, tf.shape(outputs)[0]
    transposed = tf.transpose(_swap(recurrent_kernel))  # a product with a transposed right side is slower
    # Of these the kernel reads the sizes alone.
    x, peephole = tf.zeros([tf.shape(outputs)[1], 1], dtype), tf.zeros([units], dtype)
    sizes = {"x": x, "w": tf.zeros([1 + units, 4 * units], dtype), "b": tf.zeros([4 * units], dtype)}
    sizes |= {"wci": peephole, "wcf": peephole, "wco": peephole, "use_peephole": False}
    gates = tf.TensorArray(dtype, time, element_shape=[outputs.shape[1], 4 * units])

    def body(t, d_h, d_c, gates):
        d_h = d_h + outputs[t]
        d_c = d_c if cells is None else d_c + cells[t]
        d_c, a, *_ = tf.raw_ops.LSTMBlockCellGrad(
            cs_prev=before[t], h_prev=d_h, i=i[t], cs=c[t], f=f[t], o=o[t], ci=g[t], co=tanh_c[t],
            cs_grad=d_c, h_grad=d_h, **sizes,
        )  # fmt: skip
        return t - 1, tf.matmul(a, transposed), d_c, gates.write(t, a)

    _, d_h, d_c, gates = tf.while_loop(
        lambda t, *_: t >= 0,
        body,
        (time - 1, tf.zeros_like(before[0]), tf.zeros_like(before[0]), gates),
        maximum_iterations=time,
        parallel_iterations=1,
    )
    return gates.stack(), d_h, d_c


def block_lstm(inputs, h, c, weights, longest, with_cells):
    """-> [h] or, `with_cells`, [h, c] of all steps, (time, batch, units) each, zeros from step `longest` on.

    inputs (time, batch, features); h, c (batch, units); weights: kernel, recurrent_kernel and bias as Keras lays them
    out; longest: a scalar, at most time.
    """

    @tf.custom_gradient
    def run(inputs, h, c, kernel, recurrent_kernel, bias):
        i, cells, f, o, g, tanh_c, outputs = _forward(inputs, h, c, kernel, recurrent_kernel, bias, longest)

        def gradient(d_outputs, *d_cells):
            x, hidden, *saved = (s[:longest] for s in (inputs, outputs, i, cells, f, o, g, tanh_c))
            before = tf.concat([tf.expand_dims(c, 0), saved[1][:-1]], 0)
            hidden = tf.concat([tf.expand_dims(h, 0), hidden[:-1]], 0)
            d_cells = d_cells[0][:longest] if with_cells else None
            a, d_h, d_c = _backward(saved, before, recurrent_kernel, d_outputs[:longest], d_cells)
            rows = _rows(a)
            d_kernel = tf.matmul(_rows(x), rows, transpose_a=True)
            d_recurrent = tf.matmul(_rows(hidden), rows, transpose_a=True)
            d_x = tf.reshape(tf.matmul(rows, tf.transpose(_swap(kernel))), tf.shape(x))
            d_inputs = tf.pad(d_x, [[0, tf.shape(inputs)[0] - longest], [0, 0], [0, 0]])
            return d_inputs, d_h, d_c, _swap(d_kernel), _swap(d_recurrent), _swap(tf.reduce_sum(rows, 0))

        return ([outputs, cells] if with_cells else [outputs]), gradient

    return run(inputs, h, c, *weights)


def run(layer, inputs, states, mask, lengths):
    """A whole layer by the kernel: inputs (time, batch, features) -> outputs (in time) or output, last states.

    The states come without c unless the layer gives or keeps them. Padding is moved behind the real steps of each row,
    after all that counts, so that the kernel need not know of it.
    """
    if mask is not None:
        mask = tf.transpose(resolve_mask(mask, lengths, tf.transpose(inputs, [1, 0, 2])))  # (time, batch)
        return _run_masked(layer, inputs, states, mask)
    if lengths is not None:
        return _run_lengths(layer, inputs, states, check_lengths(lengths, inputs.shape[0]))
    inputs = tf.reverse(inputs, [0]) if layer.go_backwards else inputs
    sequences = _sequences(layer, inputs, states, tf.shape(inputs)[0])
    last = [sequence[-1] for sequence in sequences]
    return sequences[0] if layer.return_sequences else last[0], last


def _sequences(layer, inputs, states, longest):
    cell = layer.cell
    bias = tf.zeros([4 * cell.units], inputs.dtype) if cell.bias is None else cell.bias
    weights = [tf.convert_to_tensor(weight, inputs.dtype) for weight in (cell.kernel, cell.recurrent_kernel, bias)]
    sequences = block_lstm(inputs, *states, weights, longest, layer.return_state or layer.stateful)
    for sequence in sequences:
        sequence.set_shape([inputs.shape[0], inputs.shape[1], cell.units])
    return sequences


def _run_lengths(layer, inputs, states, lengths):
    """Real steps in front already; backwards, each row is turned round within its own length."""
    backwards = layer.go_backwards
    inputs = tf.reverse_sequence(inputs, lengths, 0, 1) if backwards else inputs
    sequences = _sequences(layer, inputs, states, tf.reduce_max(lengths))
    last = _last(sequences, states, lengths)
    output = tf.where(tf.expand_dims(lengths > 0, 1), last[0], 0)
    if not layer.return_sequences:
        whole = tf.expand_dims((lengths == tf.shape(inputs)[0]) | layer.go_backwards, 1)
        return tf.where(whole, output, 0) if layer.zero_output_for_mask else output, last
    outputs, padding = sequences[0], 0
    if not (backwards or layer.zero_output_for_mask):
        padding = tf.expand_dims(output, 0)
    outputs = tf.reverse_sequence(outputs, lengths, 0, 1) if backwards else outputs
    real = tf.transpose(tf.sequence_mask(lengths, tf.shape(inputs)[0]))  # (time, batch)
    outputs = tf.where(tf.expand_dims(real, -1), outputs, padding)
    return tf.reverse(outputs, [0]) if backwards else outputs, last


def _run_masked(layer, inputs, states, mask):
    """Any mask: the real steps of each row are gathered to its front, and the outputs spread out again."""
    if layer.go_backwards:
        inputs, mask = tf.reverse(inputs, [0]), tf.reverse(mask, [0])
    lengths = tf.reduce_sum(tf.cast(mask, tf.int32), 0)
    order = tf.argsort(tf.cast(mask, tf.int32), 0, "DESCENDING", stable=True)  # (time, batch)
    sequences = _sequences(layer, _pick(inputs, order), states, tf.reduce_max(lengths))
    last = _last(sequences, states, lengths)
    place = tf.cumsum(tf.cast(mask, tf.int32), 0) - 1  # (time, batch): which real step was the last
    shown = mask if layer.zero_output_for_mask else place >= 0
    if not layer.return_sequences:
        return tf.where(tf.expand_dims(shown[-1], 1), last[0], 0), last
    outputs = _pick(sequences[0], tf.maximum(place, 0))
    return tf.where(tf.expand_dims(shown, -1), outputs, 0), last


def _pick(sequence, steps):
    """sequence[steps[t, b], b] for all t and b."""
    batch = tf.shape(sequence)[1]
    rows = steps * batch + tf.range(batch)
    picked = tf.gather(_rows(sequence), rows)
    picked.set_shape(sequence.shape)
    return picked


def _last(sequences, states, lengths):
    """The states at each row's last real step, the initial ones in a row without any."""
    steps = tf.expand_dims(tf.maximum(lengths - 1, 0), 0)
    batch = tf.shape(sequences[0])[1]
    rows = (steps * batch + tf.range(batch))[0]
    some = tf.expand_dims(lengths > 0, 1)
    return [
        tf.where(some, tf.gather(_rows(sequence), rows), state)
        for sequence, state in zip(sequences, states, strict=False)
    ]
