using SkyDriver.IceCube;
using SkyDriver.IceCube.Simulation;
using SkyDriver.Reco.Cascade;
using SkyDriver.Reco.Pandel;
using SkyDriver.Reco.Starting;
using SkyDriver.Sky;

namespace SkyDriver.Reco.Coverage;

/// <summary>One algorithm's fit of one simulated event, compared with its truth. Angles in radians.</summary>
/// <param name="Algorithm">Name in the catalogue.</param>
/// <param name="Zenith">Of the best direction.</param>
/// <param name="Azimuth">Of the best direction.</param>
/// <param name="Llh">−ln L there; the lower of the search's and that of a fit started at the truth.</param>
/// <param name="SearchLlh">−ln L of the search that did not know the truth; NaN when it failed.</param>
/// <param name="LlhAtTruth">−ln L at the true direction, best place and time.</param>
/// <param name="Psi">Angle from the truth to the best direction.</param>
/// <param name="Major">Long half axis of the error ellipse from the curvature at the minimum; NaN where that is no minimum, and for showers and starting events.</param>
/// <param name="Minor">Its short half axis.</param>
/// <param name="AlongMajor">How far the truth lies along the long axis.</param>
/// <param name="AlongMinor">How far along the short one.</param>
public sealed record CoverageFit(
    string Algorithm, double Zenith, double Azimuth, double Llh, double SearchLlh, double LlhAtTruth, double Psi,
    double Major, double Minor, double AlongMajor, double AlongMinor)
{
    /// <summary>2 (−ln L at the truth − minimum): the limit a contour needs to hold the truth.</summary>
    public double Q => 2 * (LlhAtTruth - Llh);
}

/// <summary>One simulated event and what was fitted to it.</summary>
/// <param name="Set">Of the simulator.</param>
/// <param name="Seed">Gives the same event again.</param>
/// <param name="Modules">With cleaned pulses.</param>
/// <param name="Charge">Of the cleaned pulses, photo-electrons.</param>
/// <param name="Zenith">True, rad.</param>
/// <param name="Azimuth">True, rad.</param>
/// <param name="Energy">True, GeV.</param>
public sealed record CoverageTrial(
    string Set, ulong Seed, int Modules, double Charge, double Zenith, double Azimuth, double Energy, IReadOnlyList<CoverageFit> Fits)
{
    private const string CascadeAlgorithm = "cascade_pandel", StartingAlgorithm = "pandel_mpe-shower";

    /// <summary>rad: first edges of the simplices over directions.</summary>
    private const double CascadeStep = 0.12, StartingStep = 0.03;

    /// <summary>What was simulated; its fits tell.</summary>
    public SimulatedKind Kind => Fits.Any(fit => fit.Algorithm == CascadeAlgorithm) ? SimulatedKind.Cascade
        : Fits.Any(fit => fit.Algorithm == StartingAlgorithm) ? SimulatedKind.Starting
        : SimulatedKind.Track;

    /// <summary>
    /// Fits a simulated track with both track likelihoods, a shower with that of showers, a starting event with that of a shower on a track. The
    /// same event gives the same numbers on every machine.
    /// </summary>
    /// <exception cref="ArgumentException">The event has no truth, or too few modules.</exception>
    public static CoverageTrial Run(IceCubeEvent ev, CancellationToken cancellationToken = default)
    {
        SimulatedTruth truth = ev.Truth ?? throw new ArgumentException("Coverage needs a simulated event, which knows its true direction.", nameof(ev));
        Vertex start = SeedVertices.Of(ev);
        return new CoverageTrial(
            truth.Set, truth.Seed, ev.CleanedHits.Count, ev.CleanedHits.Sum(hit => hit.Charge), truth.Direction.Zenith, truth.Direction.Azimuth,
            truth.Vertex.Energy, Fit(ev.CleanedHits, truth, start, cancellationToken));
    }

    private static List<CoverageFit> Fit(IReadOnlyList<ModuleHits> hits, SimulatedTruth truth, Vertex start, CancellationToken cancellationToken) => truth.Kind switch
    {
        "cascade" => [ShowerFit(CascadeAlgorithm, hits, new(new CascadeReconstruction(hits, TrackModel.Mpe), CascadeStep), truth, start, cancellationToken)],
        "starting" => [ShowerFit(StartingAlgorithm, hits, new(new ShowerTrackReconstruction(hits, TrackModel.Mpe), StartingStep), truth, start, cancellationToken)],
        _ => TrackFits(hits, truth, start, cancellationToken),
    };

    private static List<CoverageFit> TrackFits(IReadOnlyList<ModuleHits> hits, SimulatedTruth truth, Vertex start, CancellationToken cancellationToken)
    {
        var both = DirectionSearch.FindBoth(hits, PositionOffsets.Cylinder([0], [150], 3), start, cancellationToken) ?? throw Unfit(hits);
        return [.. both.Select(found => Compare(found.Algorithm, found.Search, found.Best, truth, start, cancellationToken))];
    }

    /// <summary>Regions of showers are no ellipses, so none is given.</summary>
    private static CoverageFit ShowerFit(
        string algorithm, IReadOnlyList<ModuleHits> hits, FitSearch search, SimulatedTruth truth, Vertex start, CancellationToken cancellationToken)
    {
        var searched = search.Find(start, cancellationToken) ?? throw Unfit(hits);
        Vertex[] starts = [truth.Vertex, start, FitSearch.Place(searched.Fit)];
        RecoFit atTruth = starts.Select(from => search.FitAt(truth.Direction, from, cancellationToken)).Where(fit => fit.Failure is null).MinBy(fit => fit.Llh);
        if (atTruth.Llh == 0) throw Unfit(hits);
        var fromTruth = search.Descend(truth.Direction, atTruth, cancellationToken);
        var best = fromTruth.Fit.Llh < searched.Fit.Llh ? fromTruth : searched;
        return new CoverageFit(
            algorithm, best.Direction.Zenith, best.Direction.Azimuth, best.Fit.Llh, searched.Fit.Llh, atTruth.Llh,
            best.Direction.ToVector().AngleTo(truth.Direction.ToVector()), double.NaN, double.NaN, double.NaN, double.NaN);
    }

    private static ArgumentException Unfit(IReadOnlyList<ModuleHits> hits) => new($"The event cannot be fitted: {Fitness.WhyNot(hits) ?? "no start has a finite likelihood"}.", "ev");

    private static CoverageFit Compare(
        string name, DirectionSearch search, in FreeFit searched, SimulatedTruth truth, Vertex start, CancellationToken cancellationToken)
    {
        RecoFit atTruth = default;
        foreach (Vertex from in (ReadOnlySpan<Vertex>)[truth.Vertex, start, searched.AsVertex()])
        {
            RecoFit fit = search.FitAt(truth.Direction, from, cancellationToken);
            if (atTruth.Llh == 0 || fit.Llh < atTruth.Llh) atTruth = fit;
        }

        FreeFit fromTruth = search.Free.Minimise(truth.Direction, new Vector3d(atTruth.X, atTruth.Y, atTruth.Z), atTruth.Time);
        FreeFit best = fromTruth.Llh < searched.Llh ? fromTruth : searched;
        ErrorEllipse ellipse = ErrorEllipse.At(search.Free, best);
        var (along, across) = ellipse.Components(best.Direction, truth.Direction);
        return new CoverageFit(
            name, best.Direction.Zenith, best.Direction.Azimuth, best.Llh, searched.Llh, atTruth.Llh,
            best.Direction.ToVector().AngleTo(truth.Direction.ToVector()), ellipse.Major, ellipse.Minor, along, across);
    }
}
