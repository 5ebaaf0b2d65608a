namespace SkyDriver.Reco.Minimisation;

/// <summary>Quasi-Newton descent with a backtracking line search, to polish a point that is already in the right basin.</summary>
/// <remarks>J. Nocedal, S. J. Wright, Numerical Optimization, 2nd ed., sections 3.1 and 6.1. Allocates nothing after construction.</remarks>
internal sealed class Bfgs(int dimension)
{
    private const int MaxIterations = 60, MaxBacktracks = 12;

    /// <summary>Sufficient decrease, relative to the slope.</summary>
    private const double Armijo = 1e-4;

    /// <summary>Ends when the model promises less, or an iteration after the first three brought less.</summary>
    private const double LeastPromise = 1e-4, LeastGain = 1e-5;
    private const double LeastCurvature = 1e-10;

    private readonly double[] _inverse = new double[dimension * dimension];
    private readonly double[] _direction = new double[dimension], _point = new double[dimension];
    private readonly double[] _change = new double[dimension], _product = new double[dimension];
    private double[] _gradient = new double[dimension], _next = new double[dimension];

    /// <summary>Moves <paramref name="x"/> downhill and returns the value there, never above the value at the start.</summary>
    /// <param name="f">The function.</param>
    /// <param name="x">Start, and result.</param>
    /// <param name="maxStep">Longest step.</param>
    public double Minimise(IObjective f, Span<double> x, double maxStep) => Descend(f, x, f.ValueAndGradient(x, _gradient), maxStep);

    /// <summary>The same from the very point, and for the very function, that the last call ended at: its gradient is still known.</summary>
    /// <param name="f">The function.</param>
    /// <param name="x">Start, and result.</param>
    /// <param name="value">What the last call returned.</param>
    /// <param name="maxStep">Longest step.</param>
    public double Again(IObjective f, Span<double> x, double value, double maxStep) => Descend(f, x, value, maxStep);

    private double Descend(IObjective f, Span<double> x, double value, double maxStep)
    {
        SetInverse(1);
        for (int i = 0; i < MaxIterations; i++)
        {
            double slope = ChooseDirection(maxStep);
            if (!(-slope >= LeastPromise)) break;
            double length = LineSearch(f, x, value, slope, out double reached);
            if (length == 0) break;

            Update(length, first: i == 0);
            double gain = value - reached;
            value = reached;
            _point.CopyTo(x);
            (_gradient, _next) = (_next, _gradient);
            if (i >= 3 && gain < LeastGain) break;
        }

        return value;
    }

    /// <summary>Sets the step −H·g, shortened to <paramref name="maxStep"/>, and returns its slope.</summary>
    private double ChooseDirection(double maxStep)
    {
        Apply(_gradient, _direction);
        double length = Math.Sqrt(Dot(_direction, _direction));
        double factor = length > maxStep ? -maxStep / length : -1;
        for (int k = 0; k < dimension; k++) _direction[k] *= factor;
        return Dot(_direction, _gradient);
    }

    /// <summary>Length of an acceptable step, with its point and gradient set; 0 when there is none.</summary>
    private double LineSearch(IObjective f, ReadOnlySpan<double> x, double value, double slope, out double reached)
    {
        double length = 1;
        for (int i = 0; i < MaxBacktracks; i++)
        {
            for (int k = 0; k < dimension; k++) _point[k] = x[k] + length * _direction[k];
            reached = f.ValueAndGradient(_point, _next);
            if (reached <= value + Armijo * length * slope) return length;

            // Minimum of the parabola through both values and the slope; not-a-number and wild guesses fall to the bounds.
            double guess = -slope * length * length / (2 * (reached - value - slope * length));
            length = Math.Clamp(double.IsNaN(guess) ? 0 : guess, 0.1 * length, 0.5 * length);
        }

        reached = value;
        return 0;
    }

    private void Update(double length, bool first)
    {
        for (int k = 0; k < dimension; k++)
        {
            _direction[k] *= length;
            _change[k] = _next[k] - _gradient[k];
        }

        double curvature = Dot(_change, _direction), squared = Dot(_change, _change);
        if (curvature <= LeastCurvature * Math.Sqrt(squared * Dot(_direction, _direction))) return;
        if (first) SetInverse(curvature / squared);
        Apply(_change, _product);
        double weight = (1 + Dot(_change, _product) / curvature) / curvature;
        for (int i = 0; i < dimension; i++)
        {
            for (int j = 0; j < dimension; j++)
            {
                _inverse[i * dimension + j] += weight * _direction[i] * _direction[j]
                    - (_product[i] * _direction[j] + _direction[i] * _product[j]) / curvature;
            }
        }
    }

    private void SetInverse(double diagonal)
    {
        Array.Clear(_inverse);
        for (int k = 0; k < dimension; k++) _inverse[k * dimension + k] = diagonal;
    }

    private void Apply(ReadOnlySpan<double> vector, Span<double> result)
    {
        for (int i = 0; i < dimension; i++) result[i] = Dot(_inverse.AsSpan(i * dimension, dimension), vector);
    }

    private static double Dot(ReadOnlySpan<double> a, ReadOnlySpan<double> b)
    {
        double sum = 0;
        for (int k = 0; k < a.Length; k++) sum += a[k] * b[k];
        return sum;
    }
}
