namespace SkyDriver.IceCube;

/// <summary>A point in the detector at which a particle is at a given time.</summary>
/// <param name="X">East, m, IceCube coordinates.</param>
/// <param name="Y">North, m.</param>
/// <param name="Z">Up, m; 0 is 1948.07 m below the surface reference.</param>
/// <param name="Time">ns after the start of the event's Q header.</param>
/// <param name="Energy">GeV; NaN when unknown.</param>
public readonly record struct Vertex(double X, double Y, double Z, double Time, double Energy);
