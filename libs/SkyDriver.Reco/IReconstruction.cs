namespace SkyDriver.Reco;

/// <summary>A reconstruction bound to one event. Holds working memory, so one instance serves one worker slot: not thread safe.</summary>
public interface IReconstruction
{
    /// <summary>Fits the event at the seed's direction. The answer depends on the seed, the event and the options alone.</summary>
    /// <returns>A fit that failed for a reason in the data is returned as such, with NaN and the reason.</returns>
    /// <exception cref="OperationCanceledException">The token was cancelled before the fit was done.</exception>
    RecoFit Fit(in VariationSeed seed, CancellationToken cancellationToken = default);
}
