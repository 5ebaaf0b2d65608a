using SkyDriver.IceCube;
using SkyDriver.Reco.Pandel;
using SkyDriver.Sky;

namespace SkyDriver.Reco.Tests.Pandel;

public sealed class TrackReconstructionTests
{
    [Theory]
    [InlineData(SharedEvents.Track)]
    [InlineData(SharedEvents.Cascade)]
    public void Fit_WhatIsKnownAlready_IsNotEvaluatedAgain(string name)
    {
        var reco = new Recorded(SharedEvents.Cleaned(name));
        for (int ipix = 0; ipix < 48; ipix++)
        {
            LocalDirection direction = FreeDirection.Centre(2, ipix);
            reco.Likelihood.Forget();
            RecoFit fit = reco.Fit(new VariationSeed(2, ipix, 0, direction.Zenith, direction.Azimuth, SharedEvents.Veto(name), null));
            Assert.Null(fit.Failure);
        }

        // A simplex may come by a corner it left; the start and the first round's end, which both rounds begin at, would be 96.
        Assert.InRange(reco.Likelihood.Repeats, 0, 12);
    }

    /// <summary>A line's fit.</summary>
    private sealed class Recorded(IReadOnlyList<ModuleHits> hits) : TrackReconstruction<Remembering>(hits, usable => new Remembering(usable), simplexTolerance: 1)
    {
        public new Remembering Likelihood => base.Likelihood;

        protected override void ConsiderAt(in Vertex vertex, Span<double> trial) => Keep(trial);

        protected override RecoFit Describe(double llh, ReadOnlySpan<double> parameters) => new(llh, 0, 0, 0, 0, 0, 0, 0, null);
    }

    /// <summary>Counts what it is asked twice.</summary>
    private sealed class Remembering(IReadOnlyList<ModuleHits> hits) : ITrackLikelihood
    {
        private readonly TrackLikelihood _inner = new(hits, TrackModel.Mpe);
        private readonly HashSet<(double, double, double)> _values = [], _gradients = [];

        public int Dimension => 3;

        public int Repeats { get; private set; }

        public TrackFrame Frame => _inner.Frame;

        public void Forget()
        {
            _values.Clear();
            _gradients.Clear();
        }

        public void PointAt(in TrackFrame frame) => _inner.PointAt(frame);

        public void DirectLight(double u, double v, Span<double> s) => _inner.DirectLight(u, v, s);

        public double Value(ReadOnlySpan<double> x)
        {
            if (!_values.Add((x[0], x[1], x[2]))) Repeats++;
            return _inner.Value(x);
        }

        public double ValueAndGradient(ReadOnlySpan<double> x, Span<double> gradient)
        {
            _values.Add((x[0], x[1], x[2]));
            if (!_gradients.Add((x[0], x[1], x[2]))) Repeats++;
            return _inner.ValueAndGradient(x, gradient);
        }
    }
}
