using SkyDriver.Sky;

namespace SkyDriver.Scan;

/// <summary>A likelihood map, whole or in the making: per nside the best fit of each scanned pixel.</summary>
public sealed partial class SkyScanResult
{
    /// <summary>Pixel format of new results.</summary>
    public const int CurrentVersion = 1;

    /// <param name="nsides">In the order in which they were first saved; each nside once.</param>
    public SkyScanResult(IReadOnlyList<NsideResult> nsides) => Nsides = nsides;

    public IReadOnlyList<NsideResult> Nsides { get; }

    public bool IsEmpty => Nsides.Count == 0;

    /// <summary>Null for an empty result and for files without it.</summary>
    public ResultMetadata? Metadata => Nsides.Count > 0 ? Nsides[0].Metadata : null;

    public long PixelCount => Nsides.Sum(nside => (long)nside.Count);

    /// <summary>Smallest llh, then coarsest nside, then smallest index; NaN pixels do not count. Null when there are no others.</summary>
    public BestFit? BestFit
    {
        get
        {
            BestFit? best = null;
            foreach (NsideResult nside in Nsides.OrderBy(nside => nside.Nside))
            {
                var llh = nside.Llh.Span;
                for (int row = 0; row < llh.Length; row++)
                {
                    if (!double.IsNaN(llh[row]) && !(llh[row] >= best?.Llh)) best = new(new Pixel(nside.Nside, nside.Index.Span[row]), llh[row]);
                }
            }

            return best;
        }
    }

    /// <summary>The finest scanned pixel that holds a direction, with its llh (which may be NaN); null when none does.</summary>
    public BestFit? At(SkyPoint direction)
    {
        foreach (NsideResult nside in Nsides.OrderByDescending(nside => nside.Nside))
        {
            Pixel pixel = Pixel.At(nside.Nside, direction);
            if (nside.LlhOf(pixel.Ipix) is { } llh) return new(pixel, llh);
        }

        return null;
    }

    /// <summary><c>EVENTID_8_64_512</c> and the extension; characters that do not belong in a file name become underscores.</summary>
    /// <param name="extension">With its point, <c>.npz</c> or <c>.json</c>.</param>
    /// <exception cref="InvalidOperationException">The result is empty or carries no event.</exception>
    public string FileName(string extension)
    {
        string id = RequireFileMetadata().Event.EventIdText;
        string safe = string.Concat(id.Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' ? c : '_'));
        return $"{safe}_{string.Join('_', Nsides.Select(nside => nside.Nside).Order())}{extension}";
    }

    private ResultMetadata RequireFileMetadata() => IsEmpty
        ? throw new InvalidOperationException("An empty result cannot be written to a file; wait until a first pixel is finished.")
        : Metadata ?? throw new InvalidOperationException("The result does not say which event it is of.");
}
