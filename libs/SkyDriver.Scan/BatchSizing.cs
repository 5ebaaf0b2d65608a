namespace SkyDriver.Scan;

/// <summary>How many variations go into one message.</summary>
public static class BatchSizing
{
    /// <summary>Most variations of a message; with two vertices each they stay far below the 256 KiB a message may have.</summary>
    public const int MostVariations = 256;

    private const double SecondsOfWork = 1;
    private const int FirstGuess = 4;

    /// <summary>About one second of work; less when little is left, so that there is a batch for every slot.</summary>
    /// <param name="secondsPerReco">Recent time per reconstruction; null when nothing is known yet.</param>
    /// <param name="queued">Variations that wait to be published.</param>
    /// <param name="slots">Reconstructions that workers can make at a time, all together; 0 when not known.</param>
    /// <returns>1 … 256.</returns>
    public static int Next(double? secondsPerReco, long queued, int slots)
    {
        double bySpeed = secondsPerReco is { } seconds ? SecondsOfWork / Math.Max(seconds, SecondsOfWork / MostVariations) : FirstGuess;
        // Two rounds of batches per slot in what is left: the last ones to finish then wait half a batch for each other, not a whole one.
        double byRest = queued / (2.0 * Math.Max(1, slots));
        return (int)Math.Clamp(Math.Min(bySpeed, byRest), 1, MostVariations);
    }
}
