namespace SkyDriver.IceCube;

/// <summary>What a particle hypothesis looks like; numbers as stored.</summary>
public enum ParticleShape
{
    Null = 0, Primary = 10, TopShower = 20, Cascade = 30, CascadeSegment = 31, InfiniteTrack = 40, StartingTrack = 50,
    StoppingTrack = 60, ContainedTrack = 70, SimulatedTrack = 80, Dark = 90,
}

/// <summary>How the fit that made a particle ended; numbers as stored.</summary>
public enum FitStatus
{
    NotSet = -1, OK = 0, GeneralFailure = 10, InsufficientHits = 20, FailedToConverge = 30, MissingSeed = 40, InsufficientQuality = 50,
}

/// <summary>A reconstructed or simulated particle. NaN stands for a value that was not determined.</summary>
/// <param name="Type">PDG code; 0 when unknown.</param>
/// <param name="Position">m; a point the particle passes at <paramref name="Time"/>.</param>
/// <param name="Zenith">rad, where it comes from; 0 = from above.</param>
/// <param name="Azimuth">rad, where it comes from.</param>
/// <param name="Time">ns after the start of the Q header.</param>
/// <param name="Energy">GeV.</param>
/// <param name="Length">m.</param>
/// <param name="Speed">m/ns.</param>
/// <param name="Location">Code of the place: 0 anywhere, 10 above, 20 in the ice, 30 in the detector.</param>
public sealed record Particle(
    ulong MajorId, int MinorId, int Type, ParticleShape Shape, FitStatus Status, Position Position, double Zenith, double Azimuth,
    double Time, double Energy, double Length, double Speed, int Location);

/// <summary>m, IceCube coordinates: x east, y north, z up.</summary>
public readonly record struct Position(double X, double Y, double Z);

/// <summary>Readout interval, ns after the start of the Q header.</summary>
public readonly record struct TimeWindow(double Start, double Stop);

/// <summary>Quality of a likelihood fit: −ln L, the same per degree of freedom, and how many evaluations it took.</summary>
public readonly record struct FitParameters(double LogLikelihood, double ReducedLogLikelihood, int DegreesOfFreedom, int Evaluations);
