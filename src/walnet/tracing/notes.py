"""What is said in words beside the formulas."""

FORWARD = (
    "Each neuron multiplies its inputs with its weights, adds them up with its bias, "
    "and passes the sum z through its activation function: a = g(z). Of layer 1, "
    "w₁₂⁽¹⁾ is the weight from input 2 to neuron 1."
)
CHAIN = (
    "The chain rule, from the output back: how J changes with a weight is how J "
    "changes with the neuron's activation (dA = ∂J/∂a), times how that changes with "
    "its weighted input (the slope g′ = ∂a/∂z), times how z changes with the weight "
    "(∂z/∂w, the input that the weight multiplies). The first two make dZ = ∂J/∂z."
)
FUSED = (
    "Cross-entropy with its own output activation: dA and g′ multiplied out leave "
    "a − y."
)
PENALTY = "the penalty on large weights"
ROUNDED = (
    "The numbers are rounded copies of those of training: ≈ instead of = says that "
    "the printed ones, worked out, give another last digit."
)
ADAM = "m and v are Adam's running means of the gradient and of its square."
PENALISED = (
    "The penalties add their own derivative to that of the data: "
    "g = dW + l₂·w + l₁·sign(w)."
)
COSTS = {
    "mse": "Mean squared error: J = 1/m · Σ (y_orig − y_pred)².",
    "mae": "Mean absolute error: J = 1/m · Σ |y_orig − y_pred|.",
    "huber": "Huber's cost: half the square of a difference up to δ; beyond, it grows "
    "in a straight line.",
    "quantile": "Quantile cost: a prediction too low costs τ times the difference, "
    "one too high 1 − τ times.",
    "poisson": "Poisson deviance, halved: y·ln(y/a) − y + a.",
    "binary_cross_entropy": "Binary cross-entropy: "
    "J = −1/m · Σ (y·ln a + (1 − y)·ln(1 − a)).",
    "categorical_cross_entropy": "Categorical cross-entropy: J = −1/m · Σ y·ln a, "
    "the logarithm of the probability given to the right class.",
}
