namespace SkyDriver.Reco.Dummy;

/// <summary>As <see cref="DummyReconstruction"/>, but chosen variations fail: one half throws, the other hangs until it is cancelled.</summary>
/// <remarks>The choice is a hash of the variation, so a victim fails on every worker that has the same <see cref="RecoOptions.Seed"/>.</remarks>
internal sealed class CrashDummyReconstruction(RecoOptions options) : IReconstruction
{
    private readonly DummyReconstruction _dummy = new(options);

    internal enum Fate
    {
        Survives,
        Throws,
        Hangs,
    }

    public RecoFit Fit(in VariationSeed seed, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        switch (FateOf(seed))
        {
            case Fate.Throws:
                throw new InvalidOperationException($"crash_dummy fails at nside {seed.Nside}, pixel {seed.Ipix}, variation {seed.Posvar}, as it is meant to.");
            case Fate.Hangs:
                cancellationToken.WaitHandle.WaitOne();
                throw new OperationCanceledException(cancellationToken);
            default:
                return _dummy.Fit(seed, cancellationToken);
        }
    }

    internal Fate FateOf(in VariationSeed seed)
    {
        if (VariationHash.Uniform(options.Seed, seed, stream: 1) >= options.CrashProbability) return Fate.Survives;
        return VariationHash.Uniform(options.Seed, seed, stream: 2) < 0.5 ? Fate.Throws : Fate.Hangs;
    }
}
