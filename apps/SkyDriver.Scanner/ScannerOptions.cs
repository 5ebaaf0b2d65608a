using SkyDriver.Hosting;

namespace SkyDriver.Scanner;

/// <summary>Settings of the scanner, from its environment.</summary>
public sealed record ScannerOptions
{
    /// <summary>At most this often a scan's progress is written and told.</summary>
    public TimeSpan ProgressInterval { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>At most this often a partial result is written.</summary>
    public TimeSpan ResultInterval { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>How often a scan looks for variations that are overdue.</summary>
    public TimeSpan SweepInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>A variation is not called back before this, however fast the others were answered.</summary>
    public TimeSpan LeastAnswerTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the first answer of a scan may take: until then its workers may still be on their way.</summary>
    public TimeSpan FirstAnswerTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a worker that fetches its batches holds one without renewing it.</summary>
    public TimeSpan LeaseTime { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Limit of one reconstruction where the request names none; zero = no limit.</summary>
    public TimeSpan DefaultMaxPixelRecoTime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>Most deliveries of reconstructions taken at once.</summary>
    public int BulkMessages { get; init; } = 100;

    /// <summary>How long a delivery may wait for company.</summary>
    public TimeSpan BulkWait { get; init; } = TimeSpan.FromMilliseconds(50);

    public static ScannerOptions Read(Settings settings)
    {
        ScannerOptions fallback = new();
        return new()
        {
            ProgressInterval = settings.Duration("SKYDRIVER_PROGRESS_INTERVAL", fallback.ProgressInterval, TimeSpan.FromMilliseconds(50), TimeSpan.FromHours(1)),
            ResultInterval = settings.Duration("SKYDRIVER_RESULT_INTERVAL", fallback.ResultInterval, TimeSpan.FromMilliseconds(50), TimeSpan.FromHours(24)),
            SweepInterval = settings.Duration("SKYDRIVER_SWEEP_INTERVAL", fallback.SweepInterval, TimeSpan.FromSeconds(1), TimeSpan.FromHours(1)),
            LeastAnswerTimeout = settings.Duration("SKYDRIVER_LEAST_ANSWER_TIMEOUT", fallback.LeastAnswerTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromHours(24)),
            FirstAnswerTimeout = settings.Duration("SKYDRIVER_FIRST_ANSWER_TIMEOUT", fallback.FirstAnswerTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromDays(7)),
            LeaseTime = settings.Duration("SKYDRIVER_LEASE_TIME", fallback.LeaseTime, TimeSpan.FromSeconds(5), TimeSpan.FromHours(1)),
            DefaultMaxPixelRecoTime = settings.Duration("SKYDRIVER_MAX_PIXEL_RECO_TIME", fallback.DefaultMaxPixelRecoTime, TimeSpan.Zero, TimeSpan.FromDays(7)),
            BulkMessages = settings.Integer("SKYDRIVER_RECO_BULK_MESSAGES", fallback.BulkMessages, 1, 1000),
            BulkWait = settings.Duration("SKYDRIVER_RECO_BULK_WAIT", fallback.BulkWait, TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(10)),
        };
    }
}
