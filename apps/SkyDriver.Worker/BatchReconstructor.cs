using SkyDriver.Contracts;
using SkyDriver.IceCube;
using SkyDriver.Reco;

namespace SkyDriver.Worker;

/// <summary>Reconstructs batches one after another. One per slot: reconstructions are not thread safe.</summary>
/// <param name="ev">Null for algorithms that look at no event.</param>
public sealed class BatchReconstructor(IceCubeEvent? ev, WorkerOptions options, TimeProvider clock)
{
    private readonly Dictionary<string, IReconstruction> reconstructions = [];

    /// <summary>Answers every variation of the batch: with a fit, or with the reason why this worker has none.</summary>
    /// <exception cref="OperationCanceledException">The worker must give the batch up.</exception>
    public RecoBatchV1 Run(PixelBatchV1 batch, CancellationToken stop)
    {
        RecoBatchV1 answer = new() { ScanId = batch.ScanId, WorkerId = options.WorkerId, BatchNumber = batch.BatchNumber, Slots = options.Slots };
        foreach (PixelVariationV1 variation in batch.Variations)
        {
            stop.ThrowIfCancellationRequested();
            long start = clock.GetTimestamp();
            RecoV1 reco = Run(variation, batch, stop);
            reco.RuntimeSeconds = clock.GetElapsedTime(start).TotalSeconds;
            answer.Recos.Add(reco);
        }

        return answer;
    }

    private RecoV1 Run(PixelVariationV1 variation, PixelBatchV1 batch, CancellationToken stop)
    {
        TimeSpan limit = batch.MaxPixelRecoSeconds > 0 ? TimeSpan.FromSeconds(batch.MaxPixelRecoSeconds) : Timeout.InfiniteTimeSpan;
        using CancellationTokenSource late = new(limit, clock);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(late.Token, stop);
        try
        {
            return Answer(variation, Reconstruction(batch.RecoAlgo).Fit(Seed(variation), either.Token));
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return Failed(variation, $"took longer than {batch.MaxPixelRecoSeconds} s");
        }
        catch (Exception crash) when (crash is not OperationCanceledException)
        {
            // Its working memory may be half changed: the next variation gets a fresh one.
            reconstructions.Remove(batch.RecoAlgo);
            return Failed(variation, $"{crash.GetType().Name}: {crash.Message}");
        }
    }

    private IReconstruction Reconstruction(string name)
    {
        if (reconstructions.TryGetValue(name, out IReconstruction? reconstruction)) return reconstruction;
        if (!RecoCatalog.TryGet(name, out RecoAlgorithm? algorithm)) throw new NotSupportedException(RecoCatalog.Explain(name));
        return reconstructions[name] = algorithm.Create(ev, options.Reco);
    }

    private static VariationSeed Seed(PixelVariationV1 v) =>
        new(v.Nside, v.Ipix, v.Posvar, v.Zenith, v.Azimuth, Vertex(v.Start), v.Fallback is null ? null : Vertex(v.Fallback));

    private static Vertex Vertex(VertexV1 v) => new(v.X, v.Y, v.Z, v.Time, v.Energy);

    private static RecoV1 Answer(PixelVariationV1 v, in RecoFit fit) => new()
    {
        Nside = v.Nside,
        Ipix = v.Ipix,
        Posvar = v.Posvar,
        Llh = fit.Llh,
        EnergyInside = fit.EnergyInside,
        EnergyTotal = fit.EnergyTotal,
        X = fit.X,
        Y = fit.Y,
        Z = fit.Z,
        Time = fit.Time,
        Energy = fit.Energy,
    };

    private static RecoV1 Failed(PixelVariationV1 variation, string reason)
    {
        RecoV1 answer = Answer(variation, RecoFit.Failed(reason));
        answer.Failure = reason.Length <= MaxReason ? reason : reason[..MaxReason];
        return answer;
    }

    private const int MaxReason = 300;
}
