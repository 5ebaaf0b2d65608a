namespace SkyDriver.Reco.Minimisation;

/// <summary>Downhill simplex: needs no gradient and steps over small valleys, so it finds the right basin for <see cref="Bfgs"/> to polish.</summary>
/// <remarks>J. A. Nelder, R. Mead, Comput. J. 7 (1965) 308, with the usual coefficients 1, 2, 1/2, 1/2. Allocates nothing after construction.</remarks>
internal sealed class NelderMead
{
    private const int MaxIterations = 300;
    private readonly int _dimension;
    private readonly double[][] _points;
    private readonly double[] _values, _centroid;
    private double[] _trial, _second;

    public NelderMead(int dimension)
    {
        _dimension = dimension;
        _points = new double[dimension + 1][];
        for (int i = 0; i <= dimension; i++) _points[i] = new double[dimension];
        (_values, _centroid, _trial, _second) = (new double[dimension + 1], new double[dimension], new double[dimension], new double[dimension]);
    }

    /// <summary>Moves <paramref name="x"/> to the best corner found and returns its value, never above the value at the start.</summary>
    /// <param name="f">The function.</param>
    /// <param name="x">Start, and result.</param>
    /// <param name="step">Edge of the first simplex along each axis.</param>
    /// <param name="tolerance">Ends when the corners' values differ by less.</param>
    /// <param name="known">The value at the start, where it is known already.</param>
    public double Minimise(IObjective f, Span<double> x, double step, double tolerance, double? known = null)
    {
        Spread(f, x, step, known);
        for (int i = 0; i < MaxIterations && _values[_dimension] - _values[0] >= tolerance; i++) Move(f);
        _points[0].CopyTo(x);
        return _values[0];
    }

    private void Spread(IObjective f, ReadOnlySpan<double> x, double step, double? known)
    {
        x.CopyTo(_points[0]);
        _values[0] = known ?? f.Value(x);
        for (int i = 1; i <= _dimension; i++)
        {
            x.CopyTo(_points[i]);
            _points[i][i - 1] += step;
            _values[i] = f.Value(_points[i]);
        }

        Array.Sort(_values, _points);
    }

    private void Move(IObjective f)
    {
        int worst = _dimension;
        FindCentroid();
        double reflected = Try(f, _trial, -1);
        if (reflected < _values[0])
        {
            double expanded = Try(f, _second, -2);
            if (expanded < reflected) (_trial, _second, reflected) = (_second, _trial, expanded);
            ReplaceWorst(reflected);
        }
        else if (reflected < _values[worst - 1])
        {
            ReplaceWorst(reflected);
        }
        else
        {
            double contracted = Try(f, _trial, reflected < _values[worst] ? -0.5 : 0.5);
            if (contracted < Math.Min(reflected, _values[worst])) ReplaceWorst(contracted);
            else Shrink(f);
        }
    }

    private void FindCentroid()
    {
        for (int k = 0; k < _dimension; k++)
        {
            double sum = 0;
            for (int i = 0; i < _dimension; i++) sum += _points[i][k];
            _centroid[k] = sum / _dimension;
        }
    }

    /// <summary>Value at the centroid plus <paramref name="factor"/> times the way from there to the worst corner.</summary>
    private double Try(IObjective f, double[] point, double factor)
    {
        double[] worst = _points[_dimension];
        for (int k = 0; k < _dimension; k++) point[k] = _centroid[k] + factor * (worst[k] - _centroid[k]);
        return f.Value(point);
    }

    private void ReplaceWorst(double value)
    {
        (_points[_dimension], _trial) = (_trial, _points[_dimension]);
        _values[_dimension] = value;
        for (int i = _dimension; i > 0 && _values[i] < _values[i - 1]; i--)
        {
            (_values[i], _values[i - 1]) = (_values[i - 1], _values[i]);
            (_points[i], _points[i - 1]) = (_points[i - 1], _points[i]);
        }
    }

    private void Shrink(IObjective f)
    {
        for (int i = 1; i <= _dimension; i++)
        {
            for (int k = 0; k < _dimension; k++) _points[i][k] = (_points[i][k] + _points[0][k]) / 2;
            _values[i] = f.Value(_points[i]);
        }

        Array.Sort(_values, _points);
    }
}
