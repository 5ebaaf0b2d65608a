using SkyDriver.IceCube;

namespace SkyDriver.Reco.Template;

/// <summary>A plane of light that crosses the detector at the speed of light: the simplest fit there is.</summary>
/// <remarks>Method of the first guess fits in J. Ahrens et al., NIM A 524 (2004) 169, section 5.</remarks>
internal sealed class PlaneWaveReconstruction(IReadOnlyList<ModuleHits> hits) : IReconstruction
{
    private const double LightSpeed = 0.299792458;   // m/ns
    private const double Spread = 300;               // ns by which light may be late or early
    private const double Worst = 8;                  // of one module, so that noise does not decide

    /// <summary>Working memory is made once: a scan calls <see cref="Fit"/> ten thousand times.</summary>
    private readonly double[] _times = new double[hits.Count];

    public RecoFit Fit(in VariationSeed seed, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (hits.Count < 3) return RecoFit.Failed($"too few modules: {hits.Count} have cleaned pulses, 3 are needed");

        // Where light comes from and where it goes to are opposite.
        Sky.Vector3d travel = -new Sky.LocalDirection(seed.Zenith, seed.Azimuth).ToVector();
        for (int i = 0; i < hits.Count; i++)
            _times[i] = hits[i].FirstTime - travel.Dot(new Sky.Vector3d(hits[i].X, hits[i].Y, hits[i].Z)) / LightSpeed;
        Array.Sort(_times);
        double middle = _times[_times.Length / 2], llh = 0;
        foreach (double time in _times) llh += Math.Min(Worst, (time - middle) * (time - middle) / (2 * Spread * Spread));
        return new RecoFit(llh, double.NaN, double.NaN, X: 0, Y: 0, Z: 0, middle, double.NaN, Failure: null);
    }
}
