import tensorflow as tf

# Two logical CPUs: tests of tf.distribute need no second machine. Only possible before TensorFlow's first op.
tf.config.set_logical_device_configuration(
    tf.config.list_physical_devices("CPU")[0], [tf.config.LogicalDeviceConfiguration()] * 2
)
