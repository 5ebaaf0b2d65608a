using SkyDriver.Contracts;
using SkyDriver.IceCube;
using SkyDriver.Reco;

namespace SkyDriver.Worker;

/// <summary>Reconstructs batches one after another. One per slot: reconstructions are not thread safe.</summary>
/// <param name="ev">Null for algorithms that look at no event.</param>
/// <param name="options">Who this worker is, and the settings of reconstructions.</param>
/// <param name="clock">Measures run times and limits.</param>
/// <param name="registry">The algorithms there are; null for all that are built in.</param>
public sealed class BatchReconstructor(IceCubeEvent? ev, WorkerOptions options, TimeProvider clock, RecoRegistry? registry = null) : IDisposable
{
    private const int MaxReason = 300;

    private readonly RecoRegistry _registry = registry ?? RecoCatalog.BuiltIn;
    private Dictionary<string, IReconstruction> _reconstructions = [];

    /// <summary>Fits that went on although they were told to end. Each holds a thread for as long as the process lives.</summary>
    public int LeftBehind { get; private set; }

    /// <summary>Answers every variation of the batch: with a fit, or with the reason why this worker has none.</summary>
    /// <exception cref="OperationCanceledException">The worker must give the batch up.</exception>
    public RecoBatchV1 Run(PixelBatchV1 batch, CancellationToken stop)
    {
        RecoBatchV1 answer = new() { ScanId = batch.ScanId, WorkerId = options.WorkerId, BatchNumber = batch.BatchNumber, Slots = options.Slots };
        while (answer.Recos.Count < batch.Variations.Count)
        {
            BatchAttempt attempt = new(batch, answer.Recos.Count, Fit, clock);
            try
            {
                attempt.Run(stop);
            }
            finally
            {
                if (attempt.IsLeft) Abandon();
            }

            answer.Recos.AddRange(attempt.Answers);
            if (!attempt.IsLeft) continue;
            PixelVariationV1 hung = batch.Variations[answer.Recos.Count];
            RecoV1 reco = Failed(hung, $"took longer than {batch.MaxPixelRecoSeconds} s and did not end when it was told to");
            reco.RuntimeSeconds = batch.MaxPixelRecoSeconds;
            answer.Recos.Add(reco);
        }

        return answer;
    }

    public void Dispose()
    {
        foreach (string name in _reconstructions.Keys.ToArray()) Drop(_reconstructions, name);
    }

    /// <summary>The thread that goes on still uses the reconstructions there are.</summary>
    private void Abandon()
    {
        LeftBehind++;
        _reconstructions = [];
    }

    private RecoV1 Fit(PixelVariationV1 variation, PixelBatchV1 batch, CancellationToken limit, CancellationToken stop)
    {
        // This thread's own, should it be left behind later.
        Dictionary<string, IReconstruction> mine = _reconstructions;
        try
        {
            return Answer(variation, Reconstruction(mine, batch.RecoAlgo).Fit(Seed(variation), limit));
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return Failed(variation, $"took longer than {batch.MaxPixelRecoSeconds} s");
        }
        catch (Exception crash) when (crash is not OperationCanceledException)
        {
            // Its working memory may be half changed: the next variation gets a fresh one.
            Drop(mine, batch.RecoAlgo);
            return Failed(variation, $"{crash.GetType().Name}: {crash.Message}");
        }
    }

    private IReconstruction Reconstruction(Dictionary<string, IReconstruction> mine, string name)
    {
        if (mine.TryGetValue(name, out IReconstruction? reconstruction)) return reconstruction;
        if (!_registry.TryGet(name, out RecoAlgorithm? algorithm)) throw new NotSupportedException(_registry.Explain(name));
        return mine[name] = algorithm.Create(ev, options.Reco);
    }

    private static void Drop(Dictionary<string, IReconstruction> mine, string name)
    {
        if (mine.Remove(name, out IReconstruction? reconstruction)) (reconstruction as IDisposable)?.Dispose();
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
}
